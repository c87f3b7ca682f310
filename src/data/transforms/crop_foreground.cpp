#include "data/transforms/crop_foreground.h"

#include "data/pixel_moves.h"

namespace nadir {
namespace {

// 1 for each pixel of the plane that is foreground.
std::vector<bool> foreground_of(const torch::Tensor& target, std::int64_t background) {
  const torch::Tensor labels = target.contiguous();
  const bool multilabel = labels.dim() == 3;
  const auto plane = static_cast<std::size_t>(labels.size(-1) * labels.size(-2));
  std::vector<bool> found(plane);
  const auto* const value = labels.const_data_ptr<std::uint8_t>();
  for (std::size_t i = 0; i < static_cast<std::size_t>(labels.numel()); ++i) {
    const bool counts = multilabel ? value[i] == 1 : value[i] != kIgnore && value[i] != background;
    if (counts) found[i % plane] = true;
  }
  return found;
}

// The place of the n-th foreground pixel.
std::int64_t nth(const std::vector<bool>& found, std::int64_t n) {
  std::int64_t pixel = -1;
  while (n >= 0) n -= found[static_cast<std::size_t>(++pixel)] ? 1 : 0;
  return pixel;
}

// Where a window of `size` begins that contains `at`, or anywhere when `at` is below 0.
std::int64_t begin_of(std::int64_t at, std::int64_t side, std::int64_t size, RandomStream& random) {
  const std::int64_t first = at < 0 ? 0 : std::max<std::int64_t>(0, at - size + 1);
  const std::int64_t last = at < 0 ? side - size : std::min(at, side - size);
  return first + random.below(last - first + 1);
}

class CropForeground final : public Transform {
 public:
  explicit CropForeground(const CropForegroundConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    const std::int64_t height = sample.image.size(-2), width = sample.image.size(-1);
    if (config_.size > std::min(height, width)) {
      throw ConfigError("crop_foreground.size is " + std::to_string(config_.size) + ", and " + sample.id +
                        " has " + std::to_string(height) + " x " + std::to_string(width) +
                        " pixels; make the sampler's size larger or this one smaller");
    }
    std::int64_t row = -1, column = -1;
    if (sample.target.defined() && sample.target.dim() >= 2) {
      const std::vector<bool> found = foreground_of(sample.target, config_.background);
      if (const auto count = std::count(found.begin(), found.end(), true); count > 0) {
        const std::int64_t pixel = nth(found, random.below(count));
        row = pixel / width;
        column = pixel % width;
      }
    }
    const std::int64_t top = begin_of(row, height, config_.size, random);
    const std::int64_t left = begin_of(column, width, config_.size, random);
    return crop_sample(std::move(sample), {top, left, config_.size, config_.size});
  }

 private:
  CropForegroundConfig config_;
};

}  // namespace

void CropForegroundConfig::fields(FieldVisitor& visit) {
  visit.field("size", size, at_least(1));
  visit.field("background", background, between(-1, 254));
}

std::unique_ptr<Transform> make_crop_foreground(const CropForegroundConfig& config) {
  return std::make_unique<CropForeground>(config);
}

}  // namespace nadir
