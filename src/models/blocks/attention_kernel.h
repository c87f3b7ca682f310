// The loops of attention's softmax. Nothing of torch is in them.
//
//   w = exp(scale (s - max(s))) / sum(exp(scale (s - max(s)))), over each row of `width` scores
#pragma once

#include <cstddef>

#include "models/blocks/vector_loops.h"

namespace nadir::kernel {

// `weights` may be `scores`. buffer: [width], overwritten: the exponentials are rounded once, as weights.
// scale > 0.
void attention_weights(const BFloat16* scores, std::size_t rows, std::size_t width, float scale,
                       float* buffer, BFloat16* weights);

void attention_weights_backward(const BFloat16* weights, const BFloat16* grad_weights, std::size_t rows,
                                std::size_t width, float scale, BFloat16* grad_scores);

}  // namespace nadir::kernel
