// Activations, and dropout of single values.
#pragma once

#include <torch/nn/modules/dropout.h>

#include "models/blocks/activation_kernel.h"

namespace nadir {

using kernel::Activation;

// f(x), each value of which is dropped with the probability `dropout` and divided by 1 - dropout otherwise;
// `x` may be overwritten. On processors, for float32 and bf16 that learn or are dropped, in one pass each
// way: torch's dropout draws its numbers one by one, which took a third of UNet++'s time, and its masks need
// memory. Elsewhere torch's operators, one after another. What is dropped follows torch's generator; it does
// not depend on the number of threads.
torch::Tensor activate(Activation f, const torch::Tensor& x, double dropout = 0);

// The layer's probability while it is training.
double drop_rate(const torch::nn::Dropout& drop);

}  // namespace nadir
