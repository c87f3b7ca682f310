#include "generate/schedulers/unipc.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace nadir {
namespace {

// What predictor and corrector share for a step of size h in lambda (hh = -h, as the clean sample is
// extrapolated).
struct Phi {
  double phi1;    // exp(hh) - 1, which is B(h) too
  double b1, b2;  // right-hand sides of the conditions for orders 1 and 2
};
Phi phi_of(double h) {
  const double hh = -h, phi1 = std::expm1(hh);
  const double k1 = phi1 / hh - 1;
  const double k2 = k1 / hh - 0.5;
  return {phi1, k1 / phi1, 2 * k2 / phi1};
}

torch::Tensor first_order(const SignalAndNoise& from, const SignalAndNoise& to, double phi1,
                          const torch::Tensor& sample, const torch::Tensor& clean) {
  return (to.noise / from.noise) * sample - (to.signal * phi1) * clean;
}

}  // namespace

torch::Tensor UniPc::step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                          const NoiseSource&) {
  const torch::Tensor clean = clean_sample(output, i, sample);
  const torch::Tensor corrected = clean_.empty() ? sample : correct(clean, i);
  if (clean_.size() == 2) clean_.erase(clean_.begin());
  clean_.push_back(clean);
  order_ = static_cast<int>(std::min({calls() - i, clean_.size()}));
  sample_ = corrected;
  return predict(corrected, i, order_);
}

// The sample of call i again, now that the network has seen it.
torch::Tensor UniPc::correct(const torch::Tensor& clean, std::size_t i) const {
  const SignalAndNoise from = signal_and_noise(sigmas_[i - 1]), to = signal_and_noise(sigmas_[i]);
  const double h = to.lambda - from.lambda;
  const Phi phi = phi_of(h);
  const torch::Tensor& last = clean_.back();
  torch::Tensor change = 0.5 * (clean - last);
  if (order_ == 2) {
    const double r = (signal_and_noise(sigmas_[i - 2]).lambda - from.lambda) / h;
    // [1 1; r 1] (c1, c2) = (b1, b2)
    const double c1 = (phi.b1 - phi.b2) / (1 - r), c2 = phi.b1 - c1;
    change = c1 * (clean_.front() - last) / r + c2 * (clean - last);
  }
  return first_order(from, to, phi.phi1, sample_, last) - (to.signal * phi.phi1) * change;
}

torch::Tensor UniPc::predict(const torch::Tensor& sample, std::size_t i, int order) const {
  const SignalAndNoise from = signal_and_noise(sigmas_[i]), to = signal_and_noise(sigmas_[i + 1]);
  const double h = to.lambda - from.lambda, phi1 = std::expm1(-h);
  const torch::Tensor result = first_order(from, to, phi1, sample, clean_.back());
  if (order == 1) return result;
  const double r = (signal_and_noise(sigmas_[i - 1]).lambda - from.lambda) / h;
  return result - (to.signal * phi1 * 0.5 / r) * (clean_.front() - clean_.back());
}

}  // namespace nadir
