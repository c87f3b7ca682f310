#include "train/optimizers/rmsprop.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

std::vector<std::string> slot_names(const RmspropConfig& config) {
  if (config.momentum > 0) return {"square", "velocity"};
  return {"square"};
}

class Rmsprop final : public MultiTensorOptimizer {
 public:
  Rmsprop(const RmspropConfig& config, const NamedTensors& parameters)
      : MultiTensorOptimizer(parameters, config, slot_names(config)), config_(config) {}

 private:
  void update(Batch& batch) const override {
    add_decay_to_gradients(batch);
    at::_foreach_mul_(batch.slots[0], config_.alpha);
    at::_foreach_addcmul_(batch.slots[0], batch.gradients, batch.gradients, 1 - config_.alpha);
    std::vector<torch::Tensor> root = at::_foreach_sqrt(batch.slots[0]);
    at::_foreach_add_(root, config_.epsilon);
    if (config_.momentum == 0)
      return at::_foreach_addcdiv_(batch.parameters, batch.gradients, root, -batch.lr);
    at::_foreach_mul_(batch.slots[1], config_.momentum);
    at::_foreach_addcdiv_(batch.slots[1], batch.gradients, root, 1);
    at::_foreach_add_(batch.parameters, batch.slots[1], -batch.lr);
  }

  RmspropConfig config_;
};

}  // namespace

std::unique_ptr<Optimizer> make_rmsprop(const RmspropConfig& config, const NamedTensors& parameters) {
  return std::make_unique<Rmsprop>(config, parameters);
}

}  // namespace nadir
