// PNDM without Runge-Kutta steps, so PLMS: linear multistep of order up to 4 (Liu et al. 2022).
#pragma once

#include "generate/schedulers/alpha_scheduler.h"

namespace nadir {

class Pndm final : public AlphaScheduler {
 public:
  // The second timestep comes twice: the first step is taken again with the mean of both its ends.
  Pndm(const SchedulerConfig& config, std::int64_t steps);
  torch::Tensor step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  torch::Tensor combined() const;
  std::vector<torch::Tensor> outputs_;  // the latest last, four at most
  torch::Tensor first_sample_;
  std::size_t calls_made_ = 0;
};

}  // namespace nadir
