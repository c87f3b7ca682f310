// A module whose only child is a convolution: timm's names have such a level here and there.
#pragma once

#include <torch/nn/modules/conv.h>

namespace nadir {

class WrappedConvImpl : public torch::nn::Module {
 public:
  WrappedConvImpl(const std::string& name, const torch::nn::Conv2d& made)
      : conv_(register_module(name, made)) {}
  torch::Tensor forward(const torch::Tensor& x) { return conv_(x); }

 private:
  torch::nn::Conv2d conv_;
};
TORCH_MODULE(WrappedConv);

}  // namespace nadir
