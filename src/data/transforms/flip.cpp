#include "data/transforms/flip.h"

#include "data/pixel_moves.h"

namespace nadir {
namespace {

class Flip final : public Transform {
 public:
  explicit Flip(const FlipConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    std::vector<std::int64_t> dimensions;
    if (random.chance(config_.horizontal)) dimensions.push_back(-1);
    if (random.chance(config_.vertical)) dimensions.push_back(-2);
    if (dimensions.empty()) return sample;
    return move_sample(std::move(sample),
                       [&](const torch::Tensor& pixels) { return pixels.flip(dimensions); });
  }

 private:
  FlipConfig config_;
};

}  // namespace

void FlipConfig::fields(FieldVisitor& visit) {
  visit.field("horizontal", horizontal, between(0, 1));
  visit.field("vertical", vertical, between(0, 1));
}

std::unique_ptr<Transform> make_flip(const FlipConfig& config) { return std::make_unique<Flip>(config); }

}  // namespace nadir
