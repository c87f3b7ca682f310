#include "train/optimizers/sgd.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

class Sgd final : public MultiTensorOptimizer {
 public:
  Sgd(const SgdConfig& config, const NamedTensors& parameters)
      : MultiTensorOptimizer(
            parameters, config,
            config.momentum > 0 ? std::vector<std::string>{"velocity"} : std::vector<std::string>{}),
        config_(config) {}

 private:
  void update(Batch& batch) const override {
    add_decay_to_gradients(batch);
    if (config_.momentum == 0) {
      at::_foreach_add_(batch.parameters, batch.gradients, -batch.lr);
    } else if (config_.flavour == "keras") {
      update_keras(batch);
    } else {
      update_torch(batch);
    }
  }

  void update_torch(Batch& batch) const {
    std::vector<torch::Tensor>& velocity = batch.slots[0];
    at::_foreach_mul_(velocity, config_.momentum);
    at::_foreach_add_(velocity, batch.gradients, batch.step == 1 ? 1 : 1 - config_.dampening);
    if (!config_.nesterov) return at::_foreach_add_(batch.parameters, velocity, -batch.lr);
    at::_foreach_add_(batch.parameters, at::_foreach_add(batch.gradients, velocity, config_.momentum),
                      -batch.lr);
  }

  void update_keras(Batch& batch) const {
    std::vector<torch::Tensor>& velocity = batch.slots[0];
    at::_foreach_mul_(velocity, config_.momentum);
    at::_foreach_add_(velocity, batch.gradients, -batch.lr);
    if (!config_.nesterov) return at::_foreach_add_(batch.parameters, velocity, 1);
    at::_foreach_add_(batch.parameters, velocity, config_.momentum);
    at::_foreach_add_(batch.parameters, batch.gradients, -batch.lr);
  }

  SgdConfig config_;
};

}  // namespace

void SgdConfig::fields(FieldVisitor& visit) {
  OptimizerConfig::fields(visit);
  visit.field("momentum", momentum, from_below(0, 1));
  visit.field("dampening", dampening, between(0, 1));
  visit.field("nesterov", nesterov);
  visit.field("flavour", flavour, {"torch", "keras"});
}

void SgdConfig::validate() const {
  if (nesterov && momentum == 0) throw ConfigError("nesterov needs momentum; set momentum, 0.9 for example");
  if (dampening > 0 && (nesterov || momentum == 0 || flavour == "keras")) {
    throw ConfigError("dampening belongs to plain momentum of flavour torch");
  }
}

std::unique_ptr<Optimizer> make_sgd(const SgdConfig& config, const NamedTensors& parameters) {
  return std::make_unique<Sgd>(config, parameters);
}

}  // namespace nadir
