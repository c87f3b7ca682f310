#include "data/transforms/optical_distortion.h"

namespace nadir {
namespace {

class OpticalDistortion final : public Transform {
 public:
  explicit OpticalDistortion(const OpticalDistortionConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    return distort_radially(std::move(sample), random.uniform(-config_.limit, config_.limit), config_);
  }

 private:
  OpticalDistortionConfig config_;
};

}  // namespace

void OpticalDistortionConfig::fields(FieldVisitor& visit) {
  visit.field("limit", limit, between(0, 2));
  visit.field("flavour", flavour, {"centred", "albumentations"});
  visit.field("probability", probability, between(0, 1));
  resampling.fields(visit);
}

Sample distort_radially(Sample sample, double k, const OpticalDistortionConfig& config) {
  const auto height = static_cast<int>(sample.image.size(-2)),
             width = static_cast<int>(sample.image.size(-1));
  const double high = height, wide = width;
  const double moved = config.flavour == "albumentations" ? 0.5 : 0;
  cv::Mat map_x(height, width, CV_32FC1), map_y(height, width, CV_32FC1);
  for (int row = 0; row < height; ++row) {
    const double y = (row - (high - 1) / 2) / high;
    for (int column = 0; column < width; ++column) {
      const double x = (column - (wide - 1) / 2) / wide;
      const double r2 = x * x + y * y;
      const double f = 1 + k * r2 + k * r2 * r2;
      map_x.at<float>(row, column) = static_cast<float>(x * f * wide + (wide - 1) / 2 + moved);
      map_y.at<float>(row, column) = static_cast<float>(y * f * high + (high - 1) / 2 + moved);
    }
  }
  return warp_by_map(std::move(sample), map_x, map_y, config.resampling);
}

std::unique_ptr<Transform> make_optical_distortion(const OpticalDistortionConfig& config) {
  return std::make_unique<OpticalDistortion>(config);
}

}  // namespace nadir
