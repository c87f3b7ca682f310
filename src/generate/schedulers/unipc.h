// UniPC of second order with B(h) = exp(h) - 1, predictor and corrector (Zhao et al. 2023).
#pragma once

#include "generate/schedulers/dpm_solver.h"

namespace nadir {

class UniPc final : public CleanSampleSolver {
 public:
  using CleanSampleSolver::CleanSampleSolver;
  torch::Tensor step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                     const NoiseSource& noise) override;

 private:
  torch::Tensor correct(const torch::Tensor& clean, std::size_t i) const;
  torch::Tensor predict(const torch::Tensor& sample, std::size_t i, int order) const;

  std::vector<torch::Tensor> clean_;  // of the two steps before, the latest last
  torch::Tensor sample_;              // of the step before, corrected
  int order_ = 1;                     // of the step before
};

}  // namespace nadir
