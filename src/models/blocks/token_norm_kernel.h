// The loops of a sum of tokens and its layer norm. Nothing of torch is in them.
//
//   s = x + branch;  y = (s - mean(s)) inverse weight + bias;  inverse = 1 / sqrt(variance(s) + eps)
//
// Tokens are rows of `width` values. Branch and y are bfloat16, the rest is float32.
#pragma once

#include <cstddef>

#include "models/blocks/vector_loops.h"

namespace nadir::kernel {

struct TokenNormValues {
  const float *weight, *bias;  // [width]
  float eps;
  float *mean, *inverse;  // [rows]; the forward pass writes them, the backward pass reads them
};

// `branch` may be null: then x is the sum, and `sum` is not written.
void token_norm_forward(const float* x, const BFloat16* branch, const TokenNormValues& norm, std::size_t rows,
                        std::size_t width, float* sum, BFloat16* y);

// What goes back. The pointers may be null where there is no such gradient, but grad_y and grad_x.
struct TokenNormGradients {
  const BFloat16* grad_y;
  const float* grad_sum;
  float* grad_x;          // of x
  BFloat16* grad_branch;  // the same, rounded
};
// grad_weight, grad_bias: [width], overwritten with the sums over these rows.
void token_norm_backward(const float* sum, const TokenNormGradients& gradients, const TokenNormValues& norm,
                         std::size_t rows, std::size_t width, float* grad_weight, float* grad_bias);

}  // namespace nadir::kernel
