#include "train/optimizers/lion.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

class Lion final : public MultiTensorOptimizer {
 public:
  Lion(const LionConfig& config, const NamedTensors& parameters)
      : MultiTensorOptimizer(parameters, config, {"mean"}), config_(config) {}

 private:
  void update(Batch& batch) const override {
    decay_parameters(batch);
    std::vector<torch::Tensor> direction =
        at::_foreach_lerp(batch.slots[0], batch.gradients, 1 - config_.beta1);
    at::_foreach_sign_(direction);
    at::_foreach_add_(batch.parameters, direction, -batch.lr);
    at::_foreach_lerp_(batch.slots[0], batch.gradients, 1 - config_.beta2);
  }

  LionConfig config_;
};

}  // namespace

std::unique_ptr<Optimizer> make_lion(const LionConfig& config, const NamedTensors& parameters) {
  return std::make_unique<Lion>(config, parameters);
}

}  // namespace nadir
