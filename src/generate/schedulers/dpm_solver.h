// DPM-Solver++ of second order, multistep, midpoint form (Lu et al. 2022b, algorithm 2).
#pragma once

#include "generate/schedulers/sigma_scheduler.h"

namespace nadir {

// Base of the solvers that extrapolate the clean sample.
class CleanSampleSolver : public SigmaScheduler {
 public:
  CleanSampleSolver(const SchedulerConfig& config, std::int64_t steps)
      : SigmaScheduler(config, steps, /*solver=*/true) {}
  torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                          std::size_t i) const override;

 protected:
  torch::Tensor clean_sample(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample) const;
};

class DpmSolver final : public CleanSampleSolver {
 public:
  using CleanSampleSolver::CleanSampleSolver;
  torch::Tensor step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  torch::Tensor before_;  // the clean sample of the step before
};

}  // namespace nadir
