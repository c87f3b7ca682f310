#include "losses/binary_cross_entropy.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

class BinaryCrossEntropy final : public Loss {
 public:
  explicit BinaryCrossEntropy(BinaryCrossEntropyConfig config) : config_(std::move(config)) {}

  torch::Tensor value(const LossInput& input) const override {
    const torch::Tensor sum = (elements(input) * input.valid()).sum();
    return config_.reduction == "sum" ? sum : sum / valid_elements(input);
  }

 private:
  torch::Tensor elements(const LossInput& input) const {
    const torch::Tensor y = smoothed(input.truth());
    torch::Tensor of_true = y * at::log_sigmoid(input.logits());
    if (!config_.pos_weight.empty()) of_true = of_true * channel_weights(config_.pos_weight, input);
    const torch::Tensor loss = -(of_true + (1 - y) * at::log_sigmoid(-input.logits()));
    return config_.class_weights.empty() ? loss : loss * channel_weights(config_.class_weights, input);
  }

  torch::Tensor smoothed(const torch::Tensor& truth) const {
    if (config_.label_smoothing == 0) return truth;
    return truth * (1 - config_.label_smoothing) + config_.label_smoothing / 2;
  }

  BinaryCrossEntropyConfig config_;
};

}  // namespace

std::unique_ptr<Loss> make_binary_cross_entropy(const BinaryCrossEntropyConfig& config,
                                                const LossContext& context) {
  check_class_weights(config.class_weights, context);
  check_class_weights(config.pos_weight, context, "pos_weight");
  return std::make_unique<BinaryCrossEntropy>(config);
}

}  // namespace nadir
