#include "losses/jaccard.h"

namespace nadir {
namespace {

class Jaccard final : public Loss {
 public:
  explicit Jaccard(JaccardConfig config) : config_(std::move(config)) {}

  torch::Tensor value(const LossInput& input) const override {
    const LossInput::Sums sums = region_sums(config_, input);
    const torch::Tensor together = sums.predicted + sums.truth - sums.overlap;
    return region_loss(config_, input, sums, smooth_ratio(sums.overlap, together, config_.smooth));
  }

 private:
  JaccardConfig config_;
};

}  // namespace

std::unique_ptr<Loss> make_jaccard(const JaccardConfig& config, const LossContext& context) {
  check_class_weights(config.class_weights, context);
  check_activation(config.activation, context);
  return std::make_unique<Jaccard>(config);
}

}  // namespace nadir
