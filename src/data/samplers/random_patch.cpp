#include "data/samplers/random_patch.h"

#include "core/text.h"
#include "data/samplers/patch_places.h"

namespace nadir {
namespace {

struct RatioRule {
  std::int64_t index;  // of the class
  std::string name;
  double low, high;
  double distance(double share) const { return std::max({low - share, share - high, 0.0}); }
};

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
        places_(context.part, config.size, "random_patch"),
        rules_(find_rules(config, context.classes)) {}

  std::int64_t size() const override {
    return config_.per_epoch.value_or(config_.per_image * places_.scenes());
  }
  std::int64_t patch() const override { return config_.size; }

  Region at(std::int64_t epoch, std::int64_t index) const override {
    RandomStream random = RandomStream(seed_)
                              .child("patch")
                              .child(static_cast<std::uint64_t>(epoch))
                              .child(static_cast<std::uint64_t>(index));
    return rules_.empty() ? places_.draw(random) : draw_with_shares(random);
  }

 private:
  Region draw_with_shares(RandomStream& random) const {
    double closest = std::numeric_limits<double>::infinity();
    std::string closest_text = "no patch has a pixel that counts";
    for (std::int64_t i = 0; i < config_.tries; ++i) {
      const Region place = places_.draw(random);
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
  PatchPlaces places_;
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
