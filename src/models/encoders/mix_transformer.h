// Mix Transformer, SegFormer's encoder (https://arxiv.org/abs/2105.15203), as segmentation_models.pytorch has
// it, with its tensor names: mit_b0 has blocks {2, 2, 2, 2} and width 32, mit_b1 width 64, mit_b2
// {3, 4, 6, 3} and 64.
#pragma once

#include <array>

#include "models/encoders/encoder.h"

namespace nadir {

// `width`: channels of the first map.
std::shared_ptr<Encoder> make_mix_transformer(const std::array<std::int64_t, 4>& blocks, std::int64_t width,
                                              const EncoderShape& shape);

}  // namespace nadir
