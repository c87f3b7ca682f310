#include "data/samplers/random_patch.h"

#include "core/text.h"
#include "data/region_index.h"

namespace nadir {
namespace {

// Places tried for a patch that straddles regions before one inside a single region is taken.
constexpr int kPlaceTries = 16;

struct RatioRule {
  std::int64_t index;  // of the class
  std::string name;
  double low, high;
  double distance(double share) const { return std::max({low - share, share - high, 0.0}); }
};

// The part's regions in one scene.
struct ScenePart {
  std::vector<Region> regions;
  CumulativeCounts pixels;     // of each region
  CumulativeCounts positions;  // of a patch inside each region
};

// Where a patch may begin so that it stays inside.
Window positions_in(const Window& window, std::int64_t size) {
  return {window.row, window.column, std::max<std::int64_t>(0, window.height - size + 1),
          std::max<std::int64_t>(0, window.width - size + 1)};
}

// Share of class `index` of the target's pixels that count; NaN when none does.
double class_share(const torch::Tensor& target, std::int64_t index) {
  const bool multilabel = target.dim() == 3;
  const torch::Tensor labels = (multilabel ? target[index] : target).contiguous();
  const auto wanted = static_cast<std::uint8_t>(multilabel ? 1 : index);
  const auto* const begin = labels.const_data_ptr<std::uint8_t>();
  const auto* const end = begin + labels.numel();
  const auto counted_pixels = labels.numel() - std::count(begin, end, static_cast<std::uint8_t>(kIgnore));
  return static_cast<double>(std::count(begin, end, wanted)) / static_cast<double>(counted_pixels);
}

std::vector<ScenePart> group_by_scene(const std::vector<Region>& part, std::int64_t size) {
  std::map<std::int64_t, ScenePart> scenes;
  for (const Region& region : part) {
    ScenePart& scene = scenes[region.scene];
    scene.regions.push_back(region);
    scene.pixels.add(region.window.area());
    scene.positions.add(positions_in(region.window, size).area());
  }
  std::vector<ScenePart> fitting;
  for (auto& [number, scene] : scenes) {
    if (scene.positions.total() > 0) fitting.push_back(std::move(scene));
  }
  return fitting;
}

[[noreturn]] void throw_no_fit(const std::vector<Region>& part, std::int64_t size) {
  std::int64_t largest = 0;
  for (const Region& region : part)
    largest = std::max(largest, std::min(region.window.height, region.window.width));
  if (part.empty()) throw ConfigError("random_patch: the part has no regions to take patches from");
  throw ConfigError("random_patch: patch " + std::to_string(size) + " does not fit blocks of " +
                    std::to_string(largest) + ": raise data.split.block or lower the sampler's size");
}

std::vector<RatioRule> find_rules(const RandomPatchConfig& config, const std::vector<ClassInfo>& classes) {
  const std::vector<std::string> names = class_names(classes);
  std::vector<RatioRule> rules;
  for (const auto& [name, ends] : config.class_ratio) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      const std::string hint = nearest(name, names);
      throw ConfigError("random_patch.class_ratio: there is no class '" + name + "'; " +
                        (hint.empty() ? "" : "did you mean '" + hint + "'? ") +
                        "Classes: " + join_words(names));
    }
    rules.push_back({found - names.begin(), name, ends.first, ends.second});
  }
  return rules;
}

class RandomPatch final : public Sampler {
 public:
  RandomPatch(const RandomPatchConfig& config, const SamplerContext& context)
      : config_(config),
        source_(context.source),
        seed_(context.seed),
        index_(context.part),
        scenes_(group_by_scene(context.part, config.size)),
        rules_(find_rules(config, context.classes)) {
    if (scenes_.empty()) throw_no_fit(context.part, config.size);
    for (const ScenePart& scene : scenes_) pixels_.add(scene.pixels.total());
  }

  std::int64_t size() const override {
    return config_.per_epoch.value_or(config_.per_image * static_cast<std::int64_t>(scenes_.size()));
  }
  std::int64_t patch() const override { return config_.size; }

  Region at(std::int64_t epoch, std::int64_t index) const override {
    RandomStream random = RandomStream(seed_)
                              .child("patch")
                              .child(static_cast<std::uint64_t>(epoch))
                              .child(static_cast<std::uint64_t>(index));
    return rules_.empty() ? draw(random) : draw_with_shares(random);
  }

 private:
  Region draw(RandomStream& random) const {
    const ScenePart& scene = scenes_[pixels_.locate(random.below(pixels_.total())).item];
    for (int i = 0; i < kPlaceTries; ++i) {
      const auto [item, offset] = scene.pixels.locate(random.below(scene.pixels.total()));
      const Region place = place_at(scene.regions[item], offset, scene.regions[item].window.width);
      if (index_.covers(place)) return place;
    }
    const auto [item, offset] = scene.positions.locate(random.below(scene.positions.total()));
    const Region& region = scene.regions[item];
    return place_at(region, offset, positions_in(region.window, config_.size).width);
  }

  // The patch that begins at position `offset` of a region's positions, `columns` in a row.
  Region place_at(const Region& region, std::int64_t offset, std::int64_t columns) const {
    return {region.scene,
            {region.window.row + offset / columns, region.window.column + offset % columns, config_.size,
             config_.size}};
  }

  Region draw_with_shares(RandomStream& random) const {
    double closest = std::numeric_limits<double>::infinity();
    std::string closest_text = "no patch has a pixel that counts";
    for (std::int64_t i = 0; i < config_.tries; ++i) {
      const Region place = draw(random);
      const torch::Tensor target = source_->read_target(place.scene, place.window);
      if (!target.defined())
        throw ConfigError("random_patch.class_ratio needs masks, and the source has none");
      double distance = 0;
      std::string text = "closest:";
      for (const RatioRule& rule : rules_) {
        const double share = class_share(target, rule.index);
        distance += std::isnan(share) ? std::numeric_limits<double>::infinity() : rule.distance(share);
        text += " " + rule.name + " " + fixed(share, 4);
      }
      if (distance == 0) return place;
      if (distance < closest) {
        closest = distance;
        closest_text = text + " at " + to_string(place.window) + " of " +
                       source_->scenes()[static_cast<std::size_t>(place.scene)].id;
      }
    }
    throw DataError("random_patch: " + counted(config_.tries, "try", "tries") + " found no patch of " +
                    std::to_string(config_.size) + " pixels with " + wanted() + "; " + closest_text +
                    ". Widen class_ratio or raise tries");
  }

  std::string wanted() const {
    std::vector<std::string> words;
    for (const RatioRule& rule : rules_) {
      words.push_back(rule.name + " from " + shortest(rule.low) + " to " + shortest(rule.high));
    }
    return join_words(words);
  }

  RandomPatchConfig config_;
  std::shared_ptr<const Source> source_;
  std::uint64_t seed_;
  RegionIndex index_;
  std::vector<ScenePart> scenes_;
  CumulativeCounts pixels_;  // of each scene
  std::vector<RatioRule> rules_;
};

}  // namespace

void RandomPatchConfig::fields(FieldVisitor& visit) {
  visit.field("size", size, at_least(1));
  visit.field("per_image", per_image, at_least(1));
  visit.field("per_epoch", per_epoch, at_least(1));
  visit.intervals("class_ratio", class_ratio, between(0, 1));
  visit.field("tries", tries, at_least(1));
}

std::unique_ptr<Sampler> make_random_patch(const RandomPatchConfig& config, const SamplerContext& context) {
  return std::make_unique<RandomPatch>(config, context);
}

}  // namespace nadir
