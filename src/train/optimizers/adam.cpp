#include "train/optimizers/adam.h"

#include <ATen/ATen.h>

#include <cmath>

namespace nadir {
namespace {

enum class Decay { kGradient, kDecoupled };

std::vector<std::string> slot_names(const AdamConfig& config) {
  std::vector<std::string> names = {"mean", "square"};
  if (config.amsgrad) names.push_back("largest_square");
  return names;
}

class Adam final : public MultiTensorOptimizer {
 public:
  Adam(const AdamConfig& config, Decay decay, const NamedTensors& parameters)
      : MultiTensorOptimizer(parameters, config, slot_names(config)),
        config_(config),
        decay_(decay),
        keras_(config.flavour == "keras"),
        epsilon_(config.epsilon.value_or(keras_ ? 1e-7 : 1e-8)) {}

 private:
  void update(Batch& batch) const override {
    decay_ == Decay::kDecoupled ? decay_parameters(batch) : add_decay_to_gradients(batch);
    at::_foreach_lerp_(batch.slots[0], batch.gradients, 1 - config_.beta1);
    at::_foreach_mul_(batch.slots[1], config_.beta2);
    at::_foreach_addcmul_(batch.slots[1], batch.gradients, batch.gradients, 1 - config_.beta2);
    const auto t = static_cast<double>(batch.step);
    const double rate = batch.lr / (1 - std::pow(config_.beta1, t));
    const double correction = std::sqrt(1 - std::pow(config_.beta2, t));
    std::vector<torch::Tensor> root = at::_foreach_sqrt(square(batch));
    if (!keras_) at::_foreach_div_(root, correction);
    at::_foreach_add_(root, epsilon_);
    at::_foreach_addcdiv_(batch.parameters, batch.slots[0], root, keras_ ? -rate * correction : -rate);
  }

  const std::vector<torch::Tensor>& square(Batch& batch) const {
    if (!config_.amsgrad) return batch.slots[1];
    at::_foreach_maximum_(batch.slots[2], batch.slots[1]);
    return batch.slots[2];
  }

  AdamConfig config_;
  Decay decay_;
  bool keras_;
  double epsilon_;
};

}  // namespace

void AdamConfig::fields(FieldVisitor& visit) {
  OptimizerConfig::fields(visit);
  visit.field("beta1", beta1, from_below(0, 1));
  visit.field("beta2", beta2, from_below(0, 1));
  visit.field("epsilon", epsilon, above(0));
  visit.field("flavour", flavour, {"torch", "keras"});
  visit.field("amsgrad", amsgrad);
}

std::unique_ptr<Optimizer> make_adam(const AdamConfig& config, const NamedTensors& parameters) {
  return std::make_unique<Adam>(config, Decay::kGradient, parameters);
}

std::unique_ptr<Optimizer> make_adamw(const AdamWConfig& config, const NamedTensors& parameters) {
  return std::make_unique<Adam>(config, Decay::kDecoupled, parameters);
}

}  // namespace nadir
