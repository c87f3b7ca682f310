#include "generate/schedulers/dpm_solver.h"

#include <torch/torch.h>

#include <cmath>

namespace nadir {

torch::Tensor CleanSampleSolver::add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                                           std::size_t i) const {
  const SignalAndNoise at = signal_and_noise(sigmas_[i]);
  return at.signal * clean + at.noise * noise;
}

torch::Tensor CleanSampleSolver::clean_sample(const torch::Tensor& output, std::size_t i,
                                              const torch::Tensor& sample) const {
  const SignalAndNoise at = signal_and_noise(sigmas_[i]);
  return split_prediction(config_.prediction, output, sample, at.signal * at.signal).clean;
}

torch::Tensor DpmSolver::step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                              const NoiseSource&) {
  const SignalAndNoise from = signal_and_noise(sigmas_[i]), to = signal_and_noise(sigmas_[i + 1]);
  const torch::Tensor clean = clean_sample(output, i, sample);
  const double h = to.lambda - from.lambda;
  const double factor = -to.signal * std::expm1(-h);
  torch::Tensor result = (to.noise / from.noise) * sample + factor * clean;
  // The last step goes to no noise at all, where only first order is defined.
  if (before_.defined() && i + 1 < calls()) {
    const double h_before = from.lambda - signal_and_noise(sigmas_[i - 1]).lambda;
    result = result + (0.5 * factor * h / h_before) * (clean - before_);
  }
  before_ = clean;
  return result;
}

}  // namespace nadir
