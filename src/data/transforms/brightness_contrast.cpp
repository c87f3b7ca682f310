#include "data/transforms/brightness_contrast.h"

#include "data/pixel_types.h"

namespace nadir {
namespace {

// x' = x * factor + shift
struct Change {
  double factor = 1;
  double shift = 0;
};

// Sums in the order of the pixels: torch's own sum depends on the number of threads.
template <class T>
double mean_of(const T* pixels, const bool* valid, std::int64_t count) {
  double sum = 0;
  std::int64_t counting = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    if (valid && !valid[i]) continue;
    sum += static_cast<double>(pixels[i]);
    ++counting;
  }
  return counting == 0 ? 0 : sum / static_cast<double>(counting);
}

template <class T>
T convert(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    const auto low = static_cast<double>(std::numeric_limits<T>::min());
    const auto high = static_cast<double>(std::numeric_limits<T>::max());
    return static_cast<T>(std::lround(std::clamp(value, low, high)));
  }
}

template <class T>
void change_band(const T* from, T* to, std::int64_t count, const Change& change) {
  for (std::int64_t i = 0; i < count; ++i) {
    to[i] = convert<T>(static_cast<double>(from[i]) * change.factor + change.shift);
  }
}

class BrightnessContrast final : public Transform {
 public:
  explicit BrightnessContrast(const BrightnessContrastConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    const double brightness = random.uniform(-config_.limit, config_.limit);
    const double contrast = random.uniform(-config_.limit, config_.limit);
    const torch::Tensor from = sample.image.contiguous();
    const torch::Tensor valid = sample.valid.defined() ? sample.valid.contiguous() : torch::Tensor();
    const bool* const is_valid = valid.defined() ? valid.const_data_ptr<bool>() : nullptr;
    const std::int64_t pixels = from.size(1) * from.size(2);
    sample.image = torch::empty_like(from);
    visit_pixel_type(from.scalar_type(), [&]<class T>(T) {
      for (std::int64_t band = 0; band < from.size(0); ++band) {
        const T* const begin = from.const_data_ptr<T>() + band * pixels;
        const double mean = mean_of(begin, is_valid, pixels);
        change_band(begin, sample.image.mutable_data_ptr<T>() + band * pixels, pixels,
                    {1 + contrast, mean * (brightness - contrast)});
      }
    });
    return sample;
  }

 private:
  BrightnessContrastConfig config_;
};

}  // namespace

void BrightnessContrastConfig::fields(FieldVisitor& visit) {
  visit.field("limit", limit, between(0, 1));
  visit.field("probability", probability, between(0, 1));
}

std::unique_ptr<Transform> make_brightness_contrast(const BrightnessContrastConfig& config) {
  return std::make_unique<BrightnessContrast>(config);
}

}  // namespace nadir
