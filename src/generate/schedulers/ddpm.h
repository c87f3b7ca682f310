// DDPM (Ho et al. 2020), with the variance that diffusers calls fixed_small.
#pragma once

#include "generate/schedulers/alpha_scheduler.h"

namespace nadir {

class Ddpm final : public AlphaScheduler {
 public:
  Ddpm(const SchedulerConfig& config, std::int64_t steps) : AlphaScheduler(config, steps) {}
  torch::Tensor step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;
};

}  // namespace nadir
