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

using FusedStep = void(at::TensorList, at::TensorList, at::TensorList, at::TensorList, at::TensorList,
                       at::TensorList, double, double, double, double, double, bool, bool,
                       const std::optional<at::Tensor>&, const std::optional<at::Tensor>&);
constexpr FusedStep* fused_adam = at::_fused_adam_;    // L2: the decay joins the gradient
constexpr FusedStep* fused_adamw = at::_fused_adamw_;  // decoupled

// The fused step walks through the memory of parameter and gradient side by side.
std::vector<torch::Tensor> in_layout_of(const std::vector<torch::Tensor>& parameters,
                                        std::vector<torch::Tensor> gradients) {
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (gradients[i].strides() == parameters[i].strides()) continue;
    gradients[i] = at::empty_like(parameters[i]).copy_(gradients[i]);
  }
  return gradients;
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
  // One pass over the memory: on a CPU a step of many operations waits for it most of a tenth of the
  // training.
  void update(Batch& batch) const override {
    const auto t = static_cast<double>(batch.step);
    // Keras adds epsilon before the bias correction, the fused step after it.
    const double epsilon = keras_ ? epsilon_ / std::sqrt(1 - std::pow(config_.beta2, t)) : epsilon_;
    const std::vector<torch::Tensor> gradients = in_layout_of(batch.parameters, batch.gradients);
    const std::vector<torch::Tensor> steps(
        batch.parameters.size(),
        at::full({}, t, batch.parameters.front().options().dtype(at::kFloat).requires_grad(false)));
    const std::vector<torch::Tensor> largest =
        config_.amsgrad ? batch.slots[2] : std::vector<torch::Tensor>();
    const auto step = decay_ == Decay::kDecoupled ? fused_adamw : fused_adam;
    step(batch.parameters, gradients, batch.slots[0], batch.slots[1], largest, steps, batch.lr, config_.beta1,
         config_.beta2, batch.weight_decay, epsilon, config_.amsgrad, /*maximize=*/false, {}, {});
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
