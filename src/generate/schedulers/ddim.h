// DDIM (Song et al. 2020), formula 12.
#pragma once

#include "generate/schedulers/alpha_scheduler.h"

namespace nadir {

class Ddim final : public AlphaScheduler {
 public:
  Ddim(const SchedulerConfig& config, std::int64_t steps) : AlphaScheduler(config, steps) {}
  // Draws noise when eta is above 0, in the last step too.
  torch::Tensor step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;
};

}  // namespace nadir
