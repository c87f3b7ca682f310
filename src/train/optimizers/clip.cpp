#include "train/optimizers/clip.h"

#include <ATen/ATen.h>

namespace nadir {

torch::Tensor clip_gradients(const NamedTensors& parameters, double max_norm) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  if (gradients.empty()) return {};
  const torch::Tensor norm = at::stack(at::_foreach_norm(gradients, 2)).norm();
  // 1e-6 is torch's guard against a norm of 0.
  if (max_norm > 0) at::_foreach_mul_(gradients, (max_norm / (norm + 1e-6)).clamp_max(1.0));
  return norm;
}

}  // namespace nadir
