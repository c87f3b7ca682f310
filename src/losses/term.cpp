#include "losses/term.h"

#include <ATen/ATen.h>

#include <numeric>

namespace nadir {

void visit_activation(FieldVisitor& visit, std::string& activation) {
  visit.field("activation", activation, {"auto", "softmax", "sigmoid"});
}

void check_activation(const std::string& activation, const LossContext& context) {
  if (activation != "softmax" || !is_multilabel(context.task)) return;
  throw ConfigError(
      "loss: softmax needs classes that exclude each other; the task is multilabel, use sigmoid");
}

bool uses_sigmoid(const std::string& activation, const LossInput& input) {
  return activation == "sigmoid" || (activation == "auto" && input.multilabel());
}

void check_class_weights(const std::vector<double>& weights, const LossContext& context,
                         const std::string& field) {
  if (weights.empty()) return;
  if (weights.size() != static_cast<std::size_t>(context.classes)) {
    throw ConfigError("loss: " + field + " has " + std::to_string(weights.size()) + " values for " +
                      std::to_string(context.classes) + " classes; give one for each class, in their order");
  }
  if (std::accumulate(weights.begin(), weights.end(), 0.0) <= 0) {
    throw ConfigError("loss: " + field + " are all 0; at least one class has to count");
  }
}

torch::Tensor weight_tensor(const std::vector<double>& weights, const LossInput& input) {
  return at::tensor(weights, at::kDouble).to(input.logits().options());
}

torch::Tensor channel_weights(const std::vector<double>& weights, const LossInput& input) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(input.logits().dim()), 1);
  shape[1] = input.classes();
  return weight_tensor(weights, input).view(shape);
}

torch::Tensor valid_elements(const LossInput& input) {
  const std::int64_t copies = input.multilabel() ? 1 : input.classes();
  return (input.valid().sum() * copies).clamp_min(1);
}

}  // namespace nadir
