#include "train/callbacks/weight_average.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

NamedTensors floating_state(const Model& model) {
  NamedTensors found;
  for (const auto& [name, tensor] : named_state(model)) {
    if (tensor.is_floating_point()) found.emplace_back(name, tensor);
  }
  return found;
}

std::vector<torch::Tensor> tensors_of(const NamedTensors& named) {
  std::vector<torch::Tensor> tensors;
  for (const auto& [name, tensor] : named) tensors.push_back(tensor);
  return tensors;
}

}  // namespace

void WeightAverage::before_run(TrainingRun& run) {
  const torch::NoGradGuard no_grad;
  const NamedTensors weights = floating_state(*run.model);
  const NamedTensors saved = std::move(average_);
  average_.clear();
  for (const auto& [name, tensor] : weights) average_.emplace_back(name, tensor.detach().clone());
  for (const auto& [name, tensor] : average_) {
    if (!saved.empty()) tensor.copy_(state_tensor(saved, name, this->name()));
  }
}

void WeightAverage::after_step(TrainingRun& run) {
  const torch::NoGradGuard no_grad;
  const auto step = static_cast<double>(run.state.step);
  const double decay = config_.warm_up ? std::min(config_.decay, (1 + step) / (10 + step)) : config_.decay;
  std::vector<torch::Tensor> average = tensors_of(average_);
  at::_foreach_lerp_(average, tensors_of(floating_state(*run.model)), 1 - decay);
}

void WeightAverage::swap(TrainingRun& run) const {
  const torch::NoGradGuard no_grad;
  const NamedTensors weights = floating_state(*run.model);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const torch::Tensor kept = weights[i].second.detach().clone();
    weights[i].second.copy_(average_[i].second);
    average_[i].second.copy_(kept);
  }
}

NamedTensors WeightAverage::state() const {
  NamedTensors copies;
  for (const auto& [name, tensor] : average_) copies.emplace_back(name, tensor.clone());
  return copies;
}

}  // namespace nadir
