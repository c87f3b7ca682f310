// torch::nn::Linear in one operation. LibTorch's own transposes, multiplies and adds the bias in three, of
// which autocast casts the transposed weight anew each time; Python's torch.nn.Linear does not.
#pragma once

#include <torch/nn/modules/linear.h>

namespace nadir {

class LinearImpl : public torch::nn::LinearImpl {
 public:
  using torch::nn::LinearImpl::LinearImpl;
  torch::Tensor forward(const torch::Tensor& x) { return torch::linear(x, weight, bias); }
};
TORCH_MODULE(Linear);

}  // namespace nadir
