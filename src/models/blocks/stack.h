// A sequence of layers that can itself be a layer of one; torch::nn::Sequential cannot.
#pragma once

#include <torch/nn/modules/container/sequential.h>

namespace nadir {

class StackImpl : public torch::nn::SequentialImpl {
 public:
  using SequentialImpl::SequentialImpl;
  torch::Tensor forward(torch::Tensor x) { return SequentialImpl::forward(x); }
};
TORCH_MODULE(Stack);

}  // namespace nadir
