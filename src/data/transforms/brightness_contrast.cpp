#include "data/transforms/brightness_contrast.h"

#include "data/pixel_values.h"

namespace nadir {
namespace {

class BrightnessContrast final : public Transform {
 public:
  explicit BrightnessContrast(const BrightnessContrastConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    const double brightness = random.uniform(-config_.limit, config_.limit);
    const double contrast = random.uniform(-config_.limit, config_.limit);
    return change_light(std::move(sample), {brightness, contrast}, config_);
  }

 private:
  BrightnessContrastConfig config_;
};

}  // namespace

void BrightnessContrastConfig::fields(FieldVisitor& visit) {
  visit.field("limit", limit, between(0, 1));
  visit.field("probability", probability, between(0, 1));
  visit.field("flavour", flavour, {"relative", "range"});
  visit.field("range", range);
}

void BrightnessContrastConfig::validate() const { check_range(range); }

Sample change_light(Sample sample, const LightChange& change, const BrightnessContrastConfig& config) {
  const double factor = 1 + change.contrast;
  if (config.flavour == "relative") {
    const std::vector<double> means = band_means(sample);
    sample.image = change_values(sample.image, [&](std::size_t band, double x) {
      return x * factor + means[band] * (change.brightness - change.contrast);
    });
    return sample;
  }
  const std::vector<ValueRange> ranges = value_ranges(sample, config.range);
  const bool whole = !sample.image.is_floating_point();
  sample.image = change_values(sample.image, [&](std::size_t band, double x) {
    const ValueRange& range = ranges[band];
    const double changed = std::clamp(x * factor + change.brightness * range.high, range.low, range.high);
    return whole ? std::trunc(changed) : changed;
  });
  return sample;
}

std::unique_ptr<Transform> make_brightness_contrast(const BrightnessContrastConfig& config) {
  return std::make_unique<BrightnessContrast>(config);
}

}  // namespace nadir
