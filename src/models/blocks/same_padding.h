// Keras's padding='same': ceil(n / stride) results, and where the zeros cannot be even, the odd one comes
// last.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace nadir {

// x: [N, C, H, W], enlarged so that a window of height x width with `stride` and no padding covers it.
torch::Tensor pad_same(const torch::Tensor& x, at::IntArrayRef window, std::int64_t stride, double value = 0);

}  // namespace nadir
