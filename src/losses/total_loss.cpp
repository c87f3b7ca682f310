#include <ATen/ATen.h>

#include <stdexcept>

#include "losses/term.h"

namespace nadir {
namespace {

double weight_of(const Component& term) {
  ConfigNode node = ConfigNode::map();
  if (const ConfigNode* weight = term.options.find("weight")) node.set("weight", *weight);
  return read_config<TermConfig>(node, "loss " + term.name).weight;
}

}  // namespace

TotalLoss::TotalLoss(const std::vector<Component>& terms, const LossContext& context) {
  if (terms.empty())
    throw ConfigError("loss: no terms; give at least one, for example {cross_entropy: 1, dice: 1}");
  for (const Component& term : terms) {
    terms_.emplace_back(weight_of(term), losses().make(term, context));
  }
}

torch::Tensor TotalLoss::operator()(const torch::Tensor& logits, const torch::Tensor& target) const {
  const LossInput input(logits, target);
  torch::Tensor total;
  for (const auto& [weight, term] : terms_) {
    const torch::Tensor value = weight == 1 ? term->value(input) : weight * term->value(input);
    total = total.defined() ? total + value : value;
  }
  return total;
}

torch::Tensor TotalLoss::operator()(const torch::Tensor& logits, const torch::Tensor& target,
                                    const std::vector<torch::Tensor>& auxiliary,
                                    const std::vector<double>& weights) const {
  if (weights.size() != 1 && weights.size() != auxiliary.size()) {
    throw ConfigError("deep supervision: " + std::to_string(weights.size()) + " weights for " +
                      std::to_string(auxiliary.size()) + " auxiliary outputs; give one, or one for each");
  }
  torch::Tensor total = (*this)(logits, target);
  for (std::size_t i = 0; i < auxiliary.size(); ++i) {
    total = total + weights[weights.size() == 1 ? 0 : i] * (*this)(auxiliary[i], target);
  }
  return total;
}

}  // namespace nadir
