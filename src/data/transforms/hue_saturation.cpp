#include "data/transforms/hue_saturation.h"

#include "data/pixel_values.h"
#include "data/transforms/three_bands.h"

namespace nadir {
namespace {

struct ColourChange {
  double hue = 0;  // in sixths of the circle
  double saturation = 1, value = 1;
};

using Colour = std::array<double, 3>;

// Sixths of the circle from red, 0..6; `spread` is largest - smallest, above 0.
double hue_of(const Colour& c, double largest, double spread) {
  if (c[0] == largest) return (c[1] - c[2]) / spread;
  return c[1] == largest ? 2 + (c[2] - c[0]) / spread : 4 + (c[0] - c[1]) / spread;
}

// How much of a band is taken away at this distance from its own hue: 0 up to a sixth, 1 from two sixths on.
double lack(double hue, double own) {
  double distance = std::fmod(std::abs(hue - own), 6.0);
  distance = std::min(distance, 6 - distance);
  return std::clamp(distance - 1, 0.0, 1.0);
}

Colour changed(const Colour& c, const ColourChange& change) {
  const auto [smallest, largest] = std::minmax({c[0], c[1], c[2]});
  if (!(smallest >= 0) || !(largest > 0)) return c;
  const double value = largest * change.value;
  const double saturation = std::min(1.0, (1 - smallest / largest) * change.saturation);
  if (largest == smallest) return {value, value, value};
  const double hue = hue_of(c, largest, largest - smallest) + change.hue;
  return {value * (1 - saturation * lack(hue, 0)), value * (1 - saturation * lack(hue, 2)),
          value * (1 - saturation * lack(hue, 4))};
}

class HueSaturation final : public Transform {
 public:
  explicit HueSaturation(const HueSaturationConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    check_three_bands(sample, "hue_saturation");
    if (!random.chance(config_.probability)) return sample;
    ColourChange change;
    change.hue = random.uniform(-config_.hue, config_.hue) / 60;
    change.saturation = 1 + random.uniform(-config_.saturation, config_.saturation);
    change.value = 1 + random.uniform(-config_.value, config_.value);
    const torch::Tensor from = sample.image.contiguous();
    sample.image = torch::empty_like(from);
    const std::int64_t plane = from.size(1) * from.size(2);
    visit_pixel_type(from.scalar_type(), [&]<class T>(T) {
      const T* const in = from.const_data_ptr<T>();
      T* const out = sample.image.mutable_data_ptr<T>();
      for (std::int64_t i = 0; i < plane; ++i) {
        const Colour colour = changed({static_cast<double>(in[i]), static_cast<double>(in[i + plane]),
                                       static_cast<double>(in[i + 2 * plane])},
                                      change);
        for (std::int64_t band = 0; band < 3; ++band) {
          out[i + band * plane] = to_pixel<T>(colour[static_cast<std::size_t>(band)]);
        }
      }
    });
    return sample;
  }

 private:
  HueSaturationConfig config_;
};

}  // namespace

void HueSaturationConfig::fields(FieldVisitor& visit) {
  visit.field("hue", hue, between(0, 180));
  visit.field("saturation", saturation, between(0, 1));
  visit.field("value", value, between(0, 1));
  visit.field("probability", probability, between(0, 1));
}

std::unique_ptr<Transform> make_hue_saturation(const HueSaturationConfig& config) {
  return std::make_unique<HueSaturation>(config);
}

}  // namespace nadir
