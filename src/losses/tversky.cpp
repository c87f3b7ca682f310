#include "losses/tversky.h"

namespace nadir {
namespace {

class FocalTversky final : public Loss {
 public:
  explicit FocalTversky(FocalTverskyConfig config) : config_(std::move(config)) {}

  torch::Tensor value(const LossInput& input) const override {
    const LossInput::Sums sums = region_sums(config_, input);
    const torch::Tensor missed = sums.truth - sums.overlap;
    const torch::Tensor extra = sums.predicted - sums.overlap;
    const torch::Tensor coefficient = smooth_ratio(
        sums.overlap, sums.overlap + config_.false_negatives * missed + config_.false_positives * extra,
        config_.smooth);
    return region_loss(config_, input, sums,
                       config_.exponent == 1 ? coefficient : 1 - focused(1 - coefficient));
  }

 private:
  // The root's slope is infinite at 0.
  torch::Tensor focused(const torch::Tensor& loss) const {
    return loss.clamp_min(1e-7).pow(config_.exponent);
  }

  FocalTverskyConfig config_;
};

}  // namespace

std::unique_ptr<Loss> make_focal_tversky(const FocalTverskyConfig& config, const LossContext& context) {
  check_class_weights(config.class_weights, context);
  check_activation(config.activation, context);
  return std::make_unique<FocalTversky>(config);
}

std::unique_ptr<Loss> make_tversky(const TverskyConfig& config, const LossContext& context) {
  FocalTverskyConfig plain;
  static_cast<TverskyConfig&>(plain) = config;
  plain.exponent = 1;
  return make_focal_tversky(plain, context);
}

}  // namespace nadir
