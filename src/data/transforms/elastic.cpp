#include "data/transforms/elastic.h"

#include <opencv2/imgproc.hpp>

namespace nadir {
namespace {

cv::Mat smooth_noise(cv::Size size, double sigma, RandomStream& random) {
  cv::Mat noise(size, CV_32FC1), smooth;
  for (int row = 0; row < noise.rows; ++row) {
    float* const values = noise.ptr<float>(row);
    std::generate_n(values, noise.cols, [&] { return static_cast<float>(random.uniform(-1, 1)); });
  }
  cv::GaussianBlur(noise, smooth, cv::Size(), sigma, sigma, cv::BORDER_REFLECT_101);
  return smooth;
}

class Elastic final : public Transform {
 public:
  explicit Elastic(const ElasticConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    const cv::Size size(static_cast<int>(sample.image.size(-1)), static_cast<int>(sample.image.size(-2)));
    cv::Mat map_x = smooth_noise(size, config_.sigma, random);
    cv::Mat map_y = smooth_noise(size, config_.sigma, random);
    const auto alpha = static_cast<float>(config_.alpha);
    for (int row = 0; row < size.height; ++row) {
      for (int column = 0; column < size.width; ++column) {
        float& x = map_x.at<float>(row, column);
        float& y = map_y.at<float>(row, column);
        x = static_cast<float>(column) + alpha * x;
        y = static_cast<float>(row) + alpha * y;
      }
    }
    return warp_by_map(std::move(sample), map_x, map_y, config_.resampling);
  }

 private:
  ElasticConfig config_;
};

}  // namespace

void ElasticConfig::fields(FieldVisitor& visit) {
  visit.field("alpha", alpha, at_least(0));
  visit.field("sigma", sigma, above_up_to(0, 100));
  visit.field("probability", probability, between(0, 1));
  resampling.fields(visit);
}

std::unique_ptr<Transform> make_elastic(const ElasticConfig& config) {
  return std::make_unique<Elastic>(config);
}

}  // namespace nadir
