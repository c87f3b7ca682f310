// A sum of tokens and its layer norm, computed together.
//
// Under autocast a transformer's tokens stay float32, while what is added to them and what linear layers take
// of their norm are bf16. One after another that is a conversion, a sum, a norm and a conversion, each a pass
// over all tokens, and as many back. Here it is one pass each way.
#pragma once

#include <torch/nn/modules/normalization.h>

namespace nadir {

struct NormedSum {
  torch::Tensor sum, normed;
};

// tokens, branch: [..., C]; the norm is over C. sum = tokens + branch; normed = norm(sum), in bfloat16 where
// the loops apply: tokens in float32 under autocast to bfloat16, on processors. Otherwise torch's layers, one
// after another. An undefined `branch` is 0.
NormedSum sum_norm(torch::nn::LayerNorm norm, const torch::Tensor& tokens, const torch::Tensor& branch = {});

}  // namespace nadir
