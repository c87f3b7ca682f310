#include "train/grad_scaler.h"

#include <ATen/ATen.h>

#include <map>

namespace nadir {

GradScaler::GradScaler(const LossScaleConfig& config, bool enabled, torch::Device device)
    : config_(config),
      enabled_(enabled),
      scale_(at::full({1}, config.initial, at::device(device).dtype(at::kFloat))),
      good_steps_(at::zeros({1}, at::device(device).dtype(at::kInt))),
      found_inf_(at::zeros({1}, at::device(device).dtype(at::kFloat))) {}

bool GradScaler::unscale(const NamedTensors& parameters) {
  if (!enabled_) return true;
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  found_inf_.zero_();
  if (gradients.empty()) return true;
  // In float64 and back, as torch: the inverse of a float32 scale may be below float32's smallest number.
  const torch::Tensor inverse = scale_.to(at::kDouble).reciprocal().to(at::kFloat);
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf_, inverse);
  return found_inf_.item<float>() == 0;
}

void GradScaler::update() {
  if (!enabled_) return;
  at::_amp_update_scale_(scale_, good_steps_, found_inf_, config_.growth, config_.backoff, config_.interval);
}

NamedTensors GradScaler::state() const {
  if (!enabled_) return {};
  return {{"scale", scale_.clone()}, {"good_steps", good_steps_.clone()}};
}

void GradScaler::load_state(const NamedTensors& state) {
  if (!enabled_ && state.empty()) return;
  const std::map<std::string, torch::Tensor> by_name(state.begin(), state.end());
  if (!enabled_ || by_name.size() != 2 || !by_name.contains("scale") || !by_name.contains("good_steps")) {
    throw ModelError("loss scale: the saved state is of a run with another precision");
  }
  scale_.copy_(by_name.at("scale"));
  good_steps_.copy_(by_name.at("good_steps"));
}

}  // namespace nadir
