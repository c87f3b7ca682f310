#include "data/samplers/foreground_patch.h"

#include <set>

#include "core/text.h"
#include "data/samplers/class_index.h"
#include "data/samplers/patch_places.h"

namespace nadir {
namespace {

std::set<std::int64_t> background_classes(const ForegroundPatchConfig& config,
                                          const std::vector<ClassInfo>& classes) {
  if (config.background.empty()) return {0};
  const std::vector<std::string> names = class_names(classes);
  std::set<std::int64_t> indices;
  for (const std::string& name : config.background) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      throw ConfigError("foreground_patch.background: there is no class '" + name + "'; classes are " +
                        join_words(names));
    }
    indices.insert(found - names.begin());
  }
  return indices;
}

class ForegroundPatch final : public Sampler {
 public:
  ForegroundPatch(const ForegroundPatchConfig& config, const SamplerContext& context)
      : config_(config),
        seed_(context.seed),
        places_(context.part, config.size, "foreground_patch"),
        regions_(places_.roomy()),
        index_(context.source, regions_, static_cast<std::int64_t>(context.classes.size()),
               "foreground_patch") {
    const std::set<std::int64_t> background = background_classes(config, context.classes);
    for (std::int64_t k = 0; k < static_cast<std::int64_t>(context.classes.size()); ++k) {
      if (background.contains(k) || index_.pixels(k) == 0) continue;
      foreground_.push_back(k);
      pixels_.add(index_.pixels(k));
    }
    if (foreground_.empty()) {
      throw ConfigError("foreground_patch: the part has background alone; name other classes as background");
    }
  }

  std::int64_t size() const override {
    return config_.per_epoch.value_or(config_.per_image * places_.scenes());
  }
  std::int64_t patch() const override { return config_.size; }

  Region at(std::int64_t epoch, std::int64_t index) const override {
    RandomStream random = RandomStream(seed_)
                              .child("foreground_patch")
                              .child(static_cast<std::uint64_t>(epoch))
                              .child(static_cast<std::uint64_t>(index));
    if (!random.chance(config_.share)) return places_.draw(random);
    const std::size_t which = pixels_.locate(random.below(pixels_.total())).item;
    const ClassIndex::Pixel pixel = index_.draw(foreground_[which], random);
    return places_.around(regions_[pixel.region], pixel.row, pixel.column);
  }

 private:
  ForegroundPatchConfig config_;
  std::uint64_t seed_;
  PatchPlaces places_;
  std::vector<Region> regions_;
  ClassIndex index_;
  std::vector<std::int64_t> foreground_;  // classes
  CumulativeCounts pixels_;               // of each
};

}  // namespace

void ForegroundPatchConfig::fields(FieldVisitor& visit) {
  visit.field("size", size, at_least(1));
  visit.field("per_image", per_image, at_least(1));
  visit.field("per_epoch", per_epoch, at_least(1));
  visit.field("share", share, between(0, 1));
  visit.field("background", background);
}

std::unique_ptr<Sampler> make_foreground_patch(const ForegroundPatchConfig& config,
                                               const SamplerContext& context) {
  return std::make_unique<ForegroundPatch>(config, context);
}

}  // namespace nadir
