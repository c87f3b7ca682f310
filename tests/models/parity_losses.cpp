#include "models/parity_losses.h"

#include <torch/nn/functional.h>

#include <functional>
#include <stdexcept>

namespace nadir::golden {
namespace {

using Outputs = std::vector<torch::Tensor>;
using Loss = std::function<torch::Tensor(const Outputs&, const torch::Tensor&)>;

torch::Tensor clipped(const torch::Tensor& p) { return p.clamp(1e-7, 1 - 1e-7); }

torch::Tensor binary(const torch::Tensor& p, const torch::Tensor& labels) {
  return torch::binary_cross_entropy(clipped(p), labels.to(p.scalar_type()));
}

torch::Tensor binary_and_dice(const torch::Tensor& p, const torch::Tensor& labels) {
  const torch::Tensor y = labels.to(p.scalar_type());
  return binary(p, labels) + 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1);
}

torch::Tensor one_hot(const torch::Tensor& p, const torch::Tensor& labels) {
  return torch::one_hot(labels, p.size(1)).movedim(-1, 1).to(p.scalar_type());
}

torch::Tensor categorical(const torch::Tensor& p, const torch::Tensor& labels) {
  const torch::Tensor share = clipped(p / p.sum(1, true));
  return -(one_hot(p, labels) * share.log()).sum(1).mean();
}

torch::Tensor dice_and_categorical(const torch::Tensor& p, const torch::Tensor& labels) {
  const torch::Tensor t = one_hot(p, labels);
  const torch::Tensor dice = 1 - (2 * (p * t).sum() + 1e-6) / (p.sum() + t.sum() + 1e-6);
  return dice + categorical(p, labels);
}

Loss last(torch::Tensor (*loss)(const torch::Tensor&, const torch::Tensor&)) {
  return [loss](const Outputs& outputs, const torch::Tensor& labels) { return loss(outputs.back(), labels); };
}

Loss weighted(torch::Tensor (*loss)(const torch::Tensor&, const torch::Tensor&),
              std::vector<double> weights) {
  return [loss, weights](const Outputs& outputs, const torch::Tensor& labels) {
    torch::Tensor total = torch::zeros({}, outputs.back().options());
    for (std::size_t i = 0; i < weights.size(); ++i) total = total + weights[i] * loss(outputs.at(i), labels);
    return total;
  };
}

torch::Tensor of_logits(const torch::Tensor& logits, const torch::Tensor& labels) {
  return torch::cross_entropy_loss(logits, labels);
}

torch::Tensor binary_of_logits(const torch::Tensor& logits, const torch::Tensor& labels) {
  return torch::binary_cross_entropy_with_logits(logits, labels.to(logits.scalar_type()));
}

}  // namespace

torch::Tensor loss(const std::string& rule, const Outputs& outputs, const torch::Tensor& labels) {
  static const std::vector<std::pair<std::string, Loss>> rules = {
      {"cross entropy of the logits, mean", last(of_logits)},
      {"binary cross entropy with logits, mean", last(binary_of_logits)},
      {"binary cross entropy of the probabilities clipped to [1e-7, 1-1e-7], mean over all", last(binary)},
      {"binary cross entropy of the probabilities clipped to [1e-7, 1-1e-7], mean, plus",
       last(binary_and_dice)},
      {"0.25 times the sum over the four outputs", weighted(binary_and_dice, {0.25, 0.25, 0.25, 0.25})},
      {"categorical cross entropy of p", last(categorical)},
      {"1 - (2 sum(pt) + 1e-6)", last(dice_and_categorical)},
      {"sum over the five outputs, weights .25 .25 .25 .25 1",
       weighted(dice_and_categorical, {0.25, 0.25, 0.25, 0.25, 1})},
  };
  for (const auto& [words, formula] : rules) {
    if (rule.starts_with(words)) return formula(outputs, labels);
  }
  throw std::runtime_error("no loss that is described as '" + rule + "'");
}

}  // namespace nadir::golden
