#include "data/transforms/random_resized_crop.h"

#include "data/pixel_moves.h"
#include "data/resize.h"

namespace nadir {
namespace {

constexpr int kTries = 10;

void check_interval(const char* name, const std::vector<double>& values) {
  if (values.size() == 2 && values[0] <= values[1]) return;
  throw ConfigError("'" + std::string(name) + "' must be two values, the lower first, for example " + name +
                    (std::string(name) == "area" ? ": [0.25, 1]" : ": [0.75, 1.33]"));
}

class RandomResizedCrop final : public Transform {
 public:
  explicit RandomResizedCrop(const RandomResizedCropConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    const std::int64_t height = sample.image.size(-2), width = sample.image.size(-1);
    Window part{0, 0, height, width};
    if (random.chance(config_.probability)) part = draw(height, width, random);
    sample = crop_sample(std::move(sample), part);
    return resize_sample(std::move(sample), config_.size > 0 ? config_.size : height,
                         config_.size > 0 ? config_.size : width, config_.interpolation);
  }

 private:
  Window draw(std::int64_t height, std::int64_t width, RandomStream& random) const {
    const auto whole = static_cast<double>(height * width);
    for (int i = 0; i < kTries; ++i) {
      const double area = whole * random.uniform(config_.area[0], config_.area[1]);
      const double ratio = std::exp(random.uniform(std::log(config_.ratio[0]), std::log(config_.ratio[1])));
      const std::int64_t columns = std::llround(std::sqrt(area * ratio));
      const std::int64_t rows = std::llround(std::sqrt(area / ratio));
      if (columns < 1 || rows < 1 || columns > width || rows > height) continue;
      const std::int64_t row = random.below(height - rows + 1);
      return {row, random.below(width - columns + 1), rows, columns};
    }
    return middle(height, width);
  }

  Window middle(std::int64_t height, std::int64_t width) const {
    const auto sides = [](std::int64_t side, double wanted) {
      return std::clamp<std::int64_t>(std::llround(wanted), 1, side);
    };
    const auto high = static_cast<double>(height), wide = static_cast<double>(width);
    const double ratio = std::clamp(wide / high, config_.ratio[0], config_.ratio[1]);
    const std::int64_t columns = sides(width, high * ratio), rows = sides(height, wide / ratio);
    return {(height - rows) / 2, (width - columns) / 2, rows, columns};
  }

  RandomResizedCropConfig config_;
};

}  // namespace

void RandomResizedCropConfig::fields(FieldVisitor& visit) {
  visit.field("area", area, above_up_to(0, 1));
  visit.field("ratio", ratio, above(0));
  visit.field("size", size, at_least(0));
  visit.field("interpolation", interpolation, {"nearest", "bilinear", "cubic", "area", "lanczos4"});
  visit.field("probability", probability, between(0, 1));
}

void RandomResizedCropConfig::validate() const {
  check_interval("area", area);
  check_interval("ratio", ratio);
}

std::unique_ptr<Transform> make_random_resized_crop(const RandomResizedCropConfig& config) {
  return std::make_unique<RandomResizedCrop>(config);
}

}  // namespace nadir
