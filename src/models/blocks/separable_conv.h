// A 3x3 convolution taken apart: one filter for each channel, then a 1x1 over channels.
#pragma once

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/stack.h"

namespace nadir {

inline Stack separable_conv(std::int64_t in, std::int64_t out, std::int64_t dilation = 1) {
  return Stack(conv(in, in, {.dilation = dilation, .groups = in}), conv(in, out, {.kernel = 1}));
}

// With batch norm and ReLU.
inline Stack separable_unit(std::int64_t in, std::int64_t out, std::int64_t dilation = 1) {
  return Stack(separable_conv(in, out, dilation), batch_norm(out), torch::nn::ReLU());
}

}  // namespace nadir
