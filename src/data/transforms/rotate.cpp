#include "data/transforms/rotate.h"

#include <opencv2/imgproc.hpp>

namespace nadir {
namespace {

class Rotate final : public Transform {
 public:
  explicit Rotate(const RotateConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    return rotate_by(std::move(sample), random.uniform(-config_.degrees, config_.degrees),
                     config_.resampling);
  }

 private:
  RotateConfig config_;
};

}  // namespace

void RotateConfig::fields(FieldVisitor& visit) {
  visit.field("degrees", degrees, between(0, 180));
  visit.field("probability", probability, between(0, 1));
  resampling.fields(visit);
}

std::unique_ptr<Transform> make_rotate(const RotateConfig& config) {
  return std::make_unique<Rotate>(config);
}

Sample rotate_by(Sample sample, double degrees, const Resampling& how) {
  const cv::Point2f centre(static_cast<float>(sample.image.size(-1) - 1) / 2,
                           static_cast<float>(sample.image.size(-2) - 1) / 2);
  return warp_affine(std::move(sample), cv::getRotationMatrix2D(centre, degrees, 1), how);
}

}  // namespace nadir
