#include "data/samplers/balanced_patch.h"

#include "data/samplers/class_index.h"
#include "data/samplers/patch_places.h"

namespace nadir {
namespace {

class BalancedPatch final : public Sampler {
 public:
  BalancedPatch(const BalancedPatchConfig& config, const SamplerContext& context)
      : config_(config),
        seed_(context.seed),
        places_(context.part, config.size, "balanced_patch"),
        regions_(places_.roomy()),
        index_(context.source, regions_, static_cast<std::int64_t>(context.classes.size()),
               "balanced_patch") {
    for (std::size_t k = 0; k < context.classes.size(); ++k) {
      if (index_.pixels(static_cast<std::int64_t>(k)) > 0) present_.push_back(static_cast<std::int64_t>(k));
    }
    if (present_.empty()) throw ConfigError("balanced_patch: no pixel of the part has a class");
  }

  std::int64_t size() const override {
    return config_.per_epoch.value_or(config_.per_image * places_.scenes());
  }
  std::int64_t patch() const override { return config_.size; }

  Region at(std::int64_t epoch, std::int64_t index) const override {
    RandomStream random = RandomStream(seed_)
                              .child("balanced_patch")
                              .child(static_cast<std::uint64_t>(epoch))
                              .child(static_cast<std::uint64_t>(index));
    const auto which = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(present_.size())));
    const ClassIndex::Pixel pixel = index_.draw(present_[which], random);
    return places_.around(regions_[pixel.region], pixel.row, pixel.column);
  }

 private:
  BalancedPatchConfig config_;
  std::uint64_t seed_;
  PatchPlaces places_;
  std::vector<Region> regions_;
  ClassIndex index_;
  std::vector<std::int64_t> present_;  // classes
};

}  // namespace

void BalancedPatchConfig::fields(FieldVisitor& visit) {
  visit.field("size", size, at_least(1));
  visit.field("per_image", per_image, at_least(1));
  visit.field("per_epoch", per_epoch, at_least(1));
}

std::unique_ptr<Sampler> make_balanced_patch(const BalancedPatchConfig& config,
                                             const SamplerContext& context) {
  return std::make_unique<BalancedPatch>(config, context);
}

}  // namespace nadir
