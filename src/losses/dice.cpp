#include "losses/dice.h"

namespace nadir {
namespace {

class Dice final : public Loss {
 public:
  explicit Dice(DiceConfig config) : config_(std::move(config)) {}

  torch::Tensor value(const LossInput& input) const override {
    const LossInput::Sums sums = region_sums(config_, input);
    const torch::Tensor coefficient =
        smooth_ratio(2 * sums.overlap, sums.predicted + sums.truth, config_.smooth);
    return region_loss(config_, input, sums, coefficient);
  }

 private:
  DiceConfig config_;
};

}  // namespace

std::unique_ptr<Loss> make_dice(const DiceConfig& config, const LossContext& context) {
  check_class_weights(config.class_weights, context);
  check_activation(config.activation, context);
  return std::make_unique<Dice>(config);
}

}  // namespace nadir
