// A batch norm and what follows it until the next convolution, computed together.
//
// Between two convolutions a map is read and written once in each direction and one for each norm,
// activation, dropout and sum, forward and backward. On a processor that, and not the arithmetic, is most of
// the time of networks whose convolutions are small. Here it is two passes, and only the norm's input is
// kept.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/dropout.h>

#include "models/blocks/norm_tail_kernel.h"

namespace nadir {

// x where x > 0 and slope * x elsewhere, or another curve.
struct TailActivation {
  double slope = 1;           // 0: ReLU; 1: none
  torch::Tensor weight = {};  // of a PReLU, [1] or [C]; takes the slope's place
  kernel::Curve curve = kernel::Curve::kLeaky;
};
inline TailActivation no_activation() { return {}; }
inline TailActivation relu_activation() { return {.slope = 0}; }
inline bool is_relu(const TailActivation& activation) {
  return activation.curve == kernel::Curve::kLeaky && activation.slope == 0 && !activation.weight.defined();
}
inline TailActivation leaky(const torch::Tensor& weight) { return {.weight = weight}; }
inline TailActivation relu6_activation() { return {.curve = kernel::Curve::kRelu6}; }
inline TailActivation silu_activation() { return {.curve = kernel::Curve::kSilu}; }

//   y = outer(factors * inner(norm(x)) + shortcut)
struct NormTail {
  TailActivation inner = no_activation();
  torch::Tensor factors;   // [N, C, 1, 1], of drop_factors; undefined: 1
  torch::Tensor shortcut;  // [N, C, H, W]; undefined: 0
  TailActivation outer = no_activation();
};

// x: [N, C, H, W]. Same values, gradients and running statistics as the layers one after another, which is
// also what it runs where the loops do not apply: other devices, types than float32 and bf16, maps that are
// not channels-last. The result does not depend on the number of threads.
torch::Tensor norm_tail(torch::nn::BatchNorm2d norm, const torch::Tensor& x, const NormTail& tail);

// relu(norm(x)), relu(norm(x) + shortcut)
torch::Tensor norm_relu(torch::nn::BatchNorm2d norm, const torch::Tensor& x,
                        const torch::Tensor& shortcut = {});

// What the layer multiplies each map with: 0 or 1 / (1 - p); undefined where it changes nothing.
torch::Tensor drop_factors(const torch::nn::Dropout2d& drop, const torch::Tensor& x);

}  // namespace nadir
