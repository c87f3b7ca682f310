// Dropout of maps, value by value.
#pragma once

#include <torch/nn/modules/dropout.h>

namespace nadir {

// x: [N, C, H, W]. Torch draws masks of channels-last maps through a copy in another order, which takes
// several times as long as the dropout itself; here they are drawn in the order of the memory.
inline torch::Tensor drop_values(torch::nn::Dropout& drop, const torch::Tensor& x) {
  if (!drop->is_training() || drop->options.p() == 0) return x;
  if (!x.is_contiguous(torch::MemoryFormat::ChannelsLast)) return drop(x);
  return drop(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
}

}  // namespace nadir
