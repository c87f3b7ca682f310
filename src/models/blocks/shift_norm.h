// Batch norm that shifts but does not scale: Keras's BatchNormalization(scale=False).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include "models/blocks/conv.h"

namespace nadir {

class ShiftNormImpl : public torch::nn::Module {
 public:
  ShiftNormImpl(std::int64_t channels, const NormFlavour& flavour);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  NormFlavour flavour_;
  torch::Tensor bias_, mean_, variance_, batches_;
};
TORCH_MODULE(ShiftNorm);

}  // namespace nadir
