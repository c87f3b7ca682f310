#include "generate/schedulers/ddim.h"

#include <torch/torch.h>

#include <algorithm>

namespace nadir {

torch::Tensor Ddim::step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                         const NoiseSource& noise) {
  const double now = alpha_at(timesteps_[i]);
  const double next = alpha_at(timesteps_[i] - static_cast<double>(stride_));
  const Parts parts = split_prediction(config_.prediction, output, sample, now);
  const double variance = config_.eta * config_.eta * (1 - next) / (1 - now) * (1 - now / next);
  const torch::Tensor result =
      std::sqrt(next) * parts.clean + std::sqrt(std::max(1 - next - variance, 0.0)) * parts.noise;
  return config_.eta > 0 ? result + std::sqrt(variance) * noise() : result;
}

}  // namespace nadir
