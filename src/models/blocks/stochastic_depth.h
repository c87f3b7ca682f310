// Stochastic depth (https://arxiv.org/abs/1603.09382): in training, a residual branch is dropped for some
// images of a batch; the others are scaled so that the mean stays.
#pragma once

#include <torch/nn/modules/dropout.h>

namespace nadir {

// branch: [N, ...]. `drop` holds the probability, and whether the network trains.
inline torch::Tensor stochastic_depth(const torch::Tensor& branch, torch::nn::Dropout& drop) {
  if (!drop->is_training() || drop->options.p() == 0) return branch;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(branch.dim()), 1);
  shape[0] = branch.size(0);
  return branch * drop(torch::ones(shape, branch.options()));
}

}  // namespace nadir
