// A sequence of layers that can itself be a layer of one, which torch::nn::Sequential cannot. A batch norm,
// the activation after it and what joins them at the end are computed together.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include "models/blocks/norm_tail.h"

namespace nadir {

class StackImpl : public torch::nn::SequentialImpl {
 public:
  using SequentialImpl::SequentialImpl;
  torch::Tensor forward(torch::Tensor x) { return join(x, {}); }
  // For a stack that ends in a batch norm, or in one and its activation, which becomes the tail's inner one.
  torch::Tensor join(torch::Tensor x, NormTail tail);
};
TORCH_MODULE(Stack);

}  // namespace nadir
