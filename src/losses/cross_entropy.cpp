#include "losses/cross_entropy.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

class CrossEntropy final : public Loss {
 public:
  explicit CrossEntropy(CrossEntropyConfig config) : config_(std::move(config)) {}

  torch::Tensor value(const LossInput& input) const override {
    const torch::Tensor log_p = log_probabilities(input);
    const torch::Tensor target = input.target().to(torch::kInt64);
    const torch::Tensor weights =
        config_.class_weights.empty() ? torch::Tensor() : weight_tensor(config_.class_weights, input);
    torch::Tensor sum = at::nll_loss_nd(log_p, target, weights, at::Reduction::Sum, kIgnore);
    if (config_.label_smoothing > 0) {
      const double smoothing = config_.label_smoothing;
      sum = (1 - smoothing) * sum +
            smoothing / static_cast<double>(input.classes()) * sum_over_classes(log_p, input);
    }
    return config_.reduction == "sum" ? sum : sum / pixel_weights(target, weights, input);
  }

 private:
  torch::Tensor log_probabilities(const LossInput& input) const {
    return config_.activation == "softmax" ? input.log_softmax()
                                           : at::log_softmax(at::log_sigmoid(input.logits()), 1);
  }

  torch::Tensor sum_over_classes(const torch::Tensor& log_p, const LossInput& input) const {
    const torch::Tensor counted = log_p * input.valid();
    return -(config_.class_weights.empty() ? counted
                                           : counted * channel_weights(config_.class_weights, input))
                .sum();
  }

  // What the mean divides by; above 0, so that a batch without a pixel that counts gives 0.
  static torch::Tensor pixel_weights(const torch::Tensor& target, const torch::Tensor& weights,
                                     const LossInput& input) {
    if (!weights.defined()) return input.valid().sum().clamp_min(1);
    const torch::Tensor counts = target.ne(kIgnore);
    return (weights.index({target.masked_fill(counts.logical_not(), 0)}) * counts).sum().clamp_min(1e-12);
  }

  CrossEntropyConfig config_;
};

}  // namespace

std::unique_ptr<Loss> make_cross_entropy(const CrossEntropyConfig& config, const LossContext& context) {
  if (is_multilabel(context.task)) {
    throw ConfigError(
        "loss: cross_entropy needs one class for each pixel; use binary_cross_entropy for multilabel");
  }
  check_class_weights(config.class_weights, context);
  return std::make_unique<CrossEntropy>(config);
}

}  // namespace nadir
