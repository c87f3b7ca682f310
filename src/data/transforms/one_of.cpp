#include "data/transforms/one_of.h"

namespace nadir {
namespace {

class OneOf final : public Transform {
 public:
  explicit OneOf(const OneOfConfig& config) : probability_(config.probability) {
    for (const Component& each : config.of) choices_.push_back(transforms().make(each));
    if (choices_.empty()) {
      throw ConfigError(
          "augment: one_of has nothing to choose from; for example one_of: {of: [gamma, flip]}");
    }
  }

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(probability_)) return sample;
    const auto chosen = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(choices_.size())));
    return choices_[chosen]->apply(std::move(sample), random);
  }

 private:
  std::vector<std::unique_ptr<Transform>> choices_;
  double probability_;
};

}  // namespace

void OneOfConfig::fields(FieldVisitor& visit) {
  visit.components("of", of, transforms());
  visit.field("probability", probability, between(0, 1));
}

std::unique_ptr<Transform> make_one_of(const OneOfConfig& config) { return std::make_unique<OneOf>(config); }

}  // namespace nadir
