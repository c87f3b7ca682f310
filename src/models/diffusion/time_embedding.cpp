#include "models/diffusion/time_embedding.h"

#include <torch/nn/functional.h>

#include <cmath>

namespace nadir {

torch::Tensor embed_frequencies(const torch::Tensor& values, const FrequencyConfig& config) {
  const std::int64_t half = config.dim / 2;
  const auto options = values.options().dtype(torch::kFloat32);
  const torch::Tensor exponent =
      torch::arange(half, options) * (-std::log(10000.0)) / (static_cast<double>(half) - config.shift);
  const torch::Tensor angles = values.to(torch::kFloat32).unsqueeze(1) * exponent.exp().unsqueeze(0);
  const torch::Tensor waves = config.cosine_first ? torch::cat({angles.cos(), angles.sin()}, 1)
                                                  : torch::cat({angles.sin(), angles.cos()}, 1);
  return config.dim % 2 == 0 ? waves : torch::constant_pad_nd(waves, {0, 1});
}

TimeEmbeddingImpl::TimeEmbeddingImpl(std::int64_t in, std::int64_t out)
    : linear_1_(register_module("linear_1", Linear(in, out))),
      linear_2_(register_module("linear_2", Linear(out, out))) {}

torch::Tensor TimeEmbeddingImpl::forward(const torch::Tensor& frequencies) {
  return linear_2_(torch::silu(linear_1_(frequencies)));
}

}  // namespace nadir
