// Base of schedulers that count in cumulated alphas.
#pragma once

#include <cmath>

#include "generate/schedulers/scheduler.h"

namespace nadir {

class AlphaScheduler : public Scheduler {
 public:
  torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                          std::size_t i) const override {
    const double a = alpha_at(timesteps_[i]);
    return std::sqrt(a) * clean + std::sqrt(1 - a) * noise;
  }

 protected:
  AlphaScheduler(const SchedulerConfig& config, std::int64_t steps)
      : config_(config), noise_(config), stride_(config.train_steps / steps) {
    timesteps_ = spaced_timesteps(config, steps, /*solver=*/false);
    for (double& each : timesteps_) each = std::nearbyint(each);
  }
  // Below 0 lies what the last step goes to.
  double alpha_at(double timestep) const {
    if (timestep < 0) return config_.final_alpha_one ? 1 : noise_.alpha(0);
    return noise_.alpha(std::min(static_cast<std::int64_t>(timestep), config_.train_steps - 1));
  }

  SchedulerConfig config_;
  NoiseSchedule noise_;
  std::int64_t stride_;  // training timesteps of a step
};

}  // namespace nadir
