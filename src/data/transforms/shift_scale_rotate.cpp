#include "data/transforms/shift_scale_rotate.h"

#include <opencv2/imgproc.hpp>

namespace nadir {
namespace {

class ShiftScaleRotate final : public Transform {
 public:
  explicit ShiftScaleRotate(const ShiftScaleRotateConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    ShiftScaleRotation change;
    change.columns = random.uniform(-config_.shift, config_.shift);
    change.rows = random.uniform(-config_.shift, config_.shift);
    change.factor = random.uniform(1 - config_.scale, 1 + config_.scale);
    change.degrees = random.uniform(-config_.degrees, config_.degrees);
    return shift_scale_rotate_by(std::move(sample), change, config_.resampling);
  }

 private:
  ShiftScaleRotateConfig config_;
};

}  // namespace

void ShiftScaleRotateConfig::fields(FieldVisitor& visit) {
  visit.field("shift", shift, between(0, 1));
  visit.field("scale", scale, from_below(0, 1));
  visit.field("degrees", degrees, between(0, 180));
  visit.field("probability", probability, between(0, 1));
  resampling.fields(visit);
}

std::unique_ptr<Transform> make_shift_scale_rotate(const ShiftScaleRotateConfig& config) {
  return std::make_unique<ShiftScaleRotate>(config);
}

Sample shift_scale_rotate_by(Sample sample, const ShiftScaleRotation& change, const Resampling& how) {
  const auto height = static_cast<double>(sample.image.size(-2));
  const auto width = static_cast<double>(sample.image.size(-1));
  const cv::Point2f centre(static_cast<float>((width - 1) / 2), static_cast<float>((height - 1) / 2));
  cv::Mat matrix = cv::getRotationMatrix2D(centre, change.degrees, change.factor);
  matrix.at<double>(0, 2) += change.columns * width;
  matrix.at<double>(1, 2) += change.rows * height;
  return warp_affine(std::move(sample), matrix, how);
}

}  // namespace nadir
