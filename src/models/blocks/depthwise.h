// Depthwise convolutions whose gradients are not slow.
#pragma once

#include <torch/nn/modules/conv.h>

namespace nadir {

// conv(x). oneDNN has no fast backward pass for depthwise convolutions with a stride, nor for the weights of
// kernels larger than 3: 25 ms in bfloat16 for 8 x 96 x 64 x 64 at stride 2, where the loops here take 1.5.
// They are used for such convolutions, with a square kernel and zeros as padding, of float32 and bfloat16
// maps that are channels-last. Gradients do not depend on the number of threads.
torch::Tensor convolved(torch::nn::Conv2d conv, const torch::Tensor& x);

}  // namespace nadir
