#include "data/transforms/gamma.h"

#include "data/pixel_values.h"

namespace nadir {
namespace {

class Gamma final : public Transform {
 public:
  explicit Gamma(const GammaConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    const double most = std::log1p(config_.limit);
    const double exponent = std::exp(random.uniform(-most, most));
    const std::vector<ValueRange> ranges = value_ranges(sample, config_.range);
    sample.image = change_values(sample.image, [&](std::size_t band, double x) {
      const ValueRange& range = ranges[band];
      if (!(x > range.low) || !(range.span() > 0)) return x;
      return range.low + range.span() * std::pow((x - range.low) / range.span(), exponent);
    });
    return sample;
  }

 private:
  GammaConfig config_;
};

}  // namespace

void GammaConfig::fields(FieldVisitor& visit) {
  visit.field("limit", limit, at_least(0));
  visit.field("range", range);
  visit.field("probability", probability, between(0, 1));
}

void GammaConfig::validate() const { check_range(range); }

std::unique_ptr<Transform> make_gamma(const GammaConfig& config) { return std::make_unique<Gamma>(config); }

}  // namespace nadir
