#include "generate/schedulers/euler.h"

#include <torch/torch.h>

#include <cmath>

namespace nadir {

double Euler::init_noise_sigma() const {
  const double largest = sigmas_.front();
  return config_.spacing == "leading" ? std::sqrt(largest * largest + 1) : largest;
}

torch::Tensor Euler::scale_input(const torch::Tensor& sample, std::size_t i) const {
  return sample / std::sqrt(sigmas_[i] * sigmas_[i] + 1);
}

torch::Tensor Euler::slope(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample) const {
  if (config_.prediction == Prediction::kNoise) return output;
  const double sigma = sigmas_[i], square = sigma * sigma + 1;
  return (sample - (output * (-sigma / std::sqrt(square)) + sample / square)) / sigma;
}

torch::Tensor Euler::step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                          const NoiseSource&) {
  return sample + slope(output, i, sample) * (sigmas_[i + 1] - sigmas_[i]);
}

torch::Tensor Euler::add_noise(const torch::Tensor& clean, const torch::Tensor& noise, std::size_t i) const {
  return clean + sigmas_[i] * noise;
}

torch::Tensor EulerAncestral::step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                                   const NoiseSource& noise) {
  const double from = sigmas_[i], to = sigmas_[i + 1];
  const double up = std::sqrt(to * to * (from * from - to * to) / (from * from));
  const double down = std::sqrt(to * to - up * up);
  return sample + slope(output, i, sample) * (down - from) + up * noise();
}

}  // namespace nadir
