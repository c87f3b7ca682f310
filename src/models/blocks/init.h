// The first values of weights where a study's framework is Keras. PyTorch's own defaults need no code.
// Random numbers come from torch's global generator, so torch::manual_seed makes them reproducible.
#pragma once

#include <torch/nn/module.h>

namespace nadir {

enum class KerasInit {
  kGlorotUniform,  // U(±sqrt(6 / (fan_in + fan_out))), Keras's default
  kHeNormal,       // normal cut off at 2 sigma, variance 2 / fan_in after the cut
  kHeUniform,      // U(±sqrt(6 / fan_in))
  kFanOutNormal,   // as kHeNormal, with fan_out
};
// Fills one kernel: convolution [out, in, h, w], transposed convolution [in, out, h, w], linear [out, in].
void fill_kernel(torch::Tensor kernel, KerasInit init);

// Fills the convolutions and linear layers below `module`: kernels by `init` (transposed
// convolutions by glorot_uniform, whose kernels the studies leave at the default), biases with 0.
void init_keras(torch::nn::Module& module, KerasInit init);

}  // namespace nadir
