#include "losses/focal.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

class Focal final : public Loss {
 public:
  explicit Focal(FocalConfig config) : config_(std::move(config)) {}

  torch::Tensor value(const LossInput& input) const override {
    const bool sigmoid = uses_sigmoid(config_.activation, input);
    torch::Tensor loss = sigmoid ? of_sigmoid(input) : of_softmax(input);
    if (!config_.class_weights.empty()) loss = loss * channel_weights(config_.class_weights, input);
    const bool by_element = config_.mean_over == "elements" || (config_.mean_over == "auto" && sigmoid);
    const torch::Tensor elements = valid_elements(input);
    return loss.sum() / (by_element ? elements : elements / static_cast<double>(input.classes()));
  }

 private:
  // [N, K, H, W], 0 but for the true class
  torch::Tensor of_softmax(const LossInput& input) const {
    // The clamp keeps the slope finite where p is 1 and gamma below 1.
    const torch::Tensor hard = (1 - input.softmax()).clamp_min(1e-7).pow(config_.gamma);
    return -config_.alpha.value_or(1) * (hard * input.log_softmax() * input.truth());
  }

  // [N, K, H, W]; powers are taken of logarithms, which stay finite
  torch::Tensor of_sigmoid(const LossInput& input) const {
    const torch::Tensor log_p = at::log_sigmoid(input.logits());
    const torch::Tensor log_q = at::log_sigmoid(-input.logits());
    const torch::Tensor& y = input.truth();
    const double of_true = config_.alpha ? *config_.alpha : 1;
    const double of_others = config_.alpha ? 1 - *config_.alpha : 1;
    return -(of_true * y * (config_.gamma * log_q).exp() * log_p +
             of_others * (input.valid() - y) * (config_.gamma * log_p).exp() * log_q);
  }

  FocalConfig config_;
};

}  // namespace

std::unique_ptr<Loss> make_focal(const FocalConfig& config, const LossContext& context) {
  check_class_weights(config.class_weights, context);
  check_activation(config.activation, context);
  return std::make_unique<Focal>(config);
}

}  // namespace nadir
