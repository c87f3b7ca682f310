// Euler's method on the probability flow, and its noisy sister (Karras et al. 2022, algorithm 2;
// k-diffusion).
#pragma once

#include "generate/schedulers/sigma_scheduler.h"

namespace nadir {

class Euler : public SigmaScheduler {
 public:
  Euler(const SchedulerConfig& config, std::int64_t steps)
      : SigmaScheduler(config, steps, /*solver=*/false) {}
  double init_noise_sigma() const override;
  torch::Tensor scale_input(const torch::Tensor& sample, std::size_t i) const override;
  torch::Tensor step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;
  torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                          std::size_t i) const override;

 protected:
  // d sample / d sigma
  torch::Tensor slope(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample) const;
};

// Goes further down than Euler's method and adds noise back. Draws in the last step too, as the reference
// does, where it weighs nothing.
class EulerAncestral final : public Euler {
 public:
  using Euler::Euler;
  torch::Tensor step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;
};

}  // namespace nadir
