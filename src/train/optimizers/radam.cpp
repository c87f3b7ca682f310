#include "train/optimizers/radam.h"

#include <ATen/ATen.h>

#include <cmath>

namespace nadir {
namespace {

class RAdam final : public MultiTensorOptimizer {
 public:
  RAdam(const RAdamConfig& config, const NamedTensors& parameters)
      : MultiTensorOptimizer(parameters, config, {"mean", "square"}), config_(config) {}

 private:
  void update(Batch& batch) const override {
    config_.decoupled ? decay_parameters(batch) : add_decay_to_gradients(batch);
    at::_foreach_lerp_(batch.slots[0], batch.gradients, 1 - config_.beta1);
    at::_foreach_mul_(batch.slots[1], config_.beta2);
    at::_foreach_addcmul_(batch.slots[1], batch.gradients, batch.gradients, 1 - config_.beta2);
    const double rate = batch.lr / (1 - std::pow(config_.beta1, static_cast<double>(batch.step)));
    const double rectified = rectification(batch.step);
    if (rectified == 0) return at::_foreach_add_(batch.parameters, batch.slots[0], -rate);
    const double correction = std::sqrt(1 - std::pow(config_.beta2, static_cast<double>(batch.step)));
    std::vector<torch::Tensor> root = at::_foreach_sqrt(batch.slots[1]);
    at::_foreach_add_(root, config_.epsilon);
    at::_foreach_addcdiv_(batch.parameters, batch.slots[0], root, -rate * rectified * correction);
  }

  // r_t of the paper, 0 while it is not defined.
  double rectification(std::int64_t step) const {
    const auto t = static_cast<double>(step);
    const double power = std::pow(config_.beta2, t);
    const double limit = 2 / (1 - config_.beta2) - 1;
    const double rho = limit - 2 * t * power / (1 - power);
    if (rho <= 5) return 0;
    return std::sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho));
  }

  RAdamConfig config_;
};

}  // namespace

std::unique_ptr<Optimizer> make_radam(const RAdamConfig& config, const NamedTensors& parameters) {
  return std::make_unique<RAdam>(config, parameters);
}

}  // namespace nadir
