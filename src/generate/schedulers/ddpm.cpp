#include "generate/schedulers/ddpm.h"

#include <torch/torch.h>

#include <algorithm>

namespace nadir {

torch::Tensor Ddpm::step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                         const NoiseSource& noise) {
  const double now = alpha_at(timesteps_[i]);
  const double next = i + 1 < calls() ? alpha_at(timesteps_[i + 1]) : 1;
  const double kept = now / next;  // alpha of this step alone
  const torch::Tensor clean = split_prediction(config_.prediction, output, sample, now).clean;
  // Formula 7.
  torch::Tensor result = (std::sqrt(next) * (1 - kept) / (1 - now)) * clean +
                         (std::sqrt(kept) * (1 - next) / (1 - now)) * sample;
  if (timesteps_[i] <= 0) return result;
  const double variance = std::max((1 - next) / (1 - now) * (1 - kept), 1e-20);
  return result + std::sqrt(variance) * noise();
}

}  // namespace nadir
