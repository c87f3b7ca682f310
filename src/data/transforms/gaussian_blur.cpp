#include "data/transforms/gaussian_blur.h"

#include <opencv2/imgproc.hpp>

#include "data/pixel_values.h"
#include "data/planes.h"

namespace nadir {
namespace {

// pixels: [..., H, W] float32
torch::Tensor blur_planes(const torch::Tensor& pixels, double sigma) {
  return map_planes(pixels, pixels.size(-2), pixels.size(-1), [&](const cv::Mat& from, cv::Mat& to) {
    cv::GaussianBlur(from, to, cv::Size(), sigma, sigma, cv::BORDER_REFLECT_101);
  });
}

// What is blurred back in the image's own type.
torch::Tensor as_type(const torch::Tensor& pixels, torch::ScalarType type) {
  if (type == torch::kFloat32) return pixels;
  torch::Tensor to = torch::empty(pixels.sizes(), pixels.options().dtype(type));
  visit_pixel_type(type, [&]<class T>(T) {
    const float* const begin = pixels.const_data_ptr<float>();
    std::transform(begin, begin + pixels.numel(), to.mutable_data_ptr<T>(),
                   [](float value) { return to_pixel<T>(value); });
  });
  return to;
}

class GaussianBlur final : public Transform {
 public:
  explicit GaussianBlur(const GaussianBlurConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    return blur(std::move(sample), random.uniform(std::min(0.1, config_.sigma), config_.sigma));
  }

 private:
  GaussianBlurConfig config_;
};

}  // namespace

void GaussianBlurConfig::fields(FieldVisitor& visit) {
  visit.field("sigma", sigma, above_up_to(0, 50));
  visit.field("probability", probability, between(0, 1));
}

Sample blur(Sample sample, double sigma) {
  const torch::ScalarType type = sample.image.scalar_type();
  torch::Tensor values = sample.image.to(torch::kFloat32);
  if (!sample.valid.defined()) {
    sample.image = as_type(blur_planes(values, sigma), type);
    return sample;
  }
  values = blur_planes(values.masked_fill(sample.valid.logical_not(), 0), sigma);
  const torch::Tensor weights = blur_planes(sample.valid.to(torch::kFloat32), sigma);
  const torch::Tensor invalid = sample.valid.logical_not();
  sample.image = as_type((values / weights.masked_fill(invalid, 1)).masked_fill_(invalid, 0), type);
  return sample;
}

std::unique_ptr<Transform> make_gaussian_blur(const GaussianBlurConfig& config) {
  return std::make_unique<GaussianBlur>(config);
}

}  // namespace nadir
