#include "losses/studies.h"

#include "losses/binary_cross_entropy.h"
#include "losses/cross_entropy.h"
#include "losses/dice.h"
#include "losses/focal.h"
#include "losses/jaccard.h"

namespace nadir {
namespace {

class WeightedPair final : public Loss {
 public:
  WeightedPair(std::unique_ptr<Loss> first, std::unique_ptr<Loss> second, double first_weight = 1,
               double second_weight = 1)
      : first_(std::move(first)),
        second_(std::move(second)),
        first_weight_(first_weight),
        second_weight_(second_weight) {}

  torch::Tensor value(const LossInput& input) const override {
    return first_weight_ * first_->value(input) + second_weight_ * second_->value(input);
  }

 private:
  std::unique_ptr<Loss> first_;
  std::unique_ptr<Loss> second_;
  double first_weight_;
  double second_weight_;
};

template <class Region>
Region one_sum(double smooth, const std::string& activation) {
  Region config;
  config.reduction = "batch";
  config.smooth = smooth;
  config.activation = activation;
  return config;
}

}  // namespace

std::unique_ptr<Loss> make_study001_dice(const StudyConfig&, const LossContext& context) {
  return make_dice(one_sum<DiceConfig>(1, "sigmoid"), context);
}

std::unique_ptr<Loss> make_study002_dice(const StudyConfig&, const LossContext& context) {
  return make_dice(one_sum<DiceConfig>(1e-6, "softmax"), context);
}

std::unique_ptr<Loss> make_study002_iou(const StudyConfig&, const LossContext& context) {
  return make_jaccard(one_sum<JaccardConfig>(1e-6, "softmax"), context);
}

std::unique_ptr<Loss> make_study001_bce_dice(const StudyConfig& config, const LossContext& context) {
  return std::make_unique<WeightedPair>(make_binary_cross_entropy({}, context),
                                        make_study001_dice(config, context));
}

std::unique_ptr<Loss> make_study002_ce_dice(const Study002Config& config, const LossContext& context) {
  return std::make_unique<WeightedPair>(make_cross_entropy({}, context), make_study002_dice({}, context),
                                        config.beta.value_or(1), config.beta ? 1 - *config.beta : 1);
}

std::unique_ptr<Loss> make_study003_cce_dice(const StudyConfig& config, const LossContext& context) {
  return std::make_unique<WeightedPair>(make_cross_entropy({}, context), make_study002_dice(config, context));
}

std::unique_ptr<Loss> make_study003_unet3plus(const StudyConfig&, const LossContext& context) {
  CrossEntropyConfig cross_entropy;
  cross_entropy.activation = "sigmoid";
  return std::make_unique<WeightedPair>(make_cross_entropy(cross_entropy, context),
                                        make_dice(one_sum<DiceConfig>(1e-6, "sigmoid"), context));
}

std::unique_ptr<Loss> make_study004_dice_focal(const StudyConfig&, const LossContext& context) {
  DiceConfig dice;
  dice.smooth = 1e-5;
  dice.absent = "count";
  dice.activation = "softmax";
  dice.normalize_weights = false;
  dice.class_weights.assign(static_cast<std::size_t>(context.classes),
                            1 / static_cast<double>(context.classes));
  FocalConfig focal;
  focal.alpha = 0.25;
  focal.activation = "softmax";
  focal.mean_over = "elements";
  return std::make_unique<WeightedPair>(make_dice(dice, context), make_focal(focal, context));
}

}  // namespace nadir
