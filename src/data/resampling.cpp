#include "data/resampling.h"

#include <opencv2/imgproc.hpp>

#include "data/pixel_moves.h"
#include "data/planes.h"

namespace nadir {
namespace {

constexpr std::int64_t kLongestSide = 32766;

int interpolation_of(const std::string& name) {
  if (name == "nearest") return cv::INTER_NEAREST;
  if (name == "cubic") return cv::INTER_CUBIC;
  if (name == "area") return cv::INTER_AREA;
  if (name == "lanczos4") return cv::INTER_LANCZOS4;
  return cv::INTER_LINEAR;
}

// How far beyond the two nearest pixels an interpolation looks.
int reach_of(int interpolation) {
  if (interpolation == cv::INTER_CUBIC) return 1;
  return interpolation == cv::INTER_LANCZOS4 ? 3 : 0;
}

void check_sides(const Sample& sample, std::int64_t height, std::int64_t width) {
  const std::int64_t longest = std::max({sample.image.size(-2), sample.image.size(-1), height, width});
  if (longest <= kLongestSide) return;
  throw DataError(sample.id + ": has a side of " + std::to_string(longest) +
                  " pixels; warps take samples of at most " + std::to_string(kLongestSide) +
                  "; use a sampler with smaller windows");
}

// Pixels that are not valid may hold anything, NaN included, which no weight of 0 would keep out.
torch::Tensor without_invalid(const torch::Tensor& image, const torch::Tensor& valid) {
  const torch::Tensor invalid = valid.logical_not();
  return move_pixels(image, [&](const torch::Tensor& pixels) { return pixels.masked_fill(invalid, 0); });
}

// Where a pixel that is not valid had any weight. Weights of the bilinear and the area mean are never
// negative, so that nothing cancels.
torch::Tensor still_valid(const torch::Tensor& valid, const PlaneSampling& image, std::int64_t height,
                          std::int64_t width, const Regrid& regrid) {
  PlaneSampling sampling{image.interpolation, image.border, 1};
  const int reach = reach_of(image.interpolation);
  if (reach > 0) sampling.interpolation = cv::INTER_LINEAR;
  const torch::Tensor touched = map_planes(valid.logical_not().to(torch::kFloat32), height, width,
                                           [&](const cv::Mat& from, cv::Mat& to) {
                                             if (reach == 0) return regrid(from, to, sampling);
                                             cv::Mat grown;
                                             const cv::Size side(2 * reach + 1, 2 * reach + 1);
                                             cv::dilate(from, grown, cv::Mat::ones(side, CV_8U));
                                             regrid(grown, to, sampling);
                                           });
  return touched.eq(0);
}

}  // namespace

void Resampling::fields(FieldVisitor& visit) {
  visit.field("interpolation", interpolation, {"nearest", "bilinear", "cubic", "lanczos4"});
  visit.field("border", border, {"reflect", "ignore"});
}

Sample resample(Sample sample, std::int64_t height, std::int64_t width, const Resampling& how,
                const Regrid& regrid) {
  check_sides(sample, height, width);
  const bool ignore = how.border == "ignore";
  const int border = ignore ? cv::BORDER_CONSTANT : cv::BORDER_REFLECT_101;
  const PlaneSampling image{interpolation_of(how.interpolation), border, 0};
  const PlaneSampling target{cv::INTER_NEAREST, border, static_cast<double>(kIgnore)};
  const auto through = [&](const torch::Tensor& pixels, const PlaneSampling& sampling) {
    return map_planes(pixels, height, width,
                      [&](const cv::Mat& from, cv::Mat& to) { regrid(from, to, sampling); });
  };
  if (ignore && !sample.valid.defined()) {
    sample.valid = torch::ones({sample.image.size(-2), sample.image.size(-1)}, torch::kBool);
  }
  if (sample.valid.defined()) sample.image = without_invalid(sample.image, sample.valid);
  sample.image = through(sample.image, image);
  const bool labelled = sample.target.defined() && sample.target.dim() >= 2;
  if (labelled) sample.target = through(sample.target, target);
  if (sample.valid.defined()) {
    sample.valid = still_valid(sample.valid, image, height, width, regrid);
    if (labelled) sample.target.masked_fill_(sample.valid.logical_not(), kIgnore);
  }
  return sample;
}

Sample warp_affine(Sample sample, const cv::Mat& matrix, const Resampling& how) {
  const std::int64_t height = sample.image.size(-2), width = sample.image.size(-1);
  return resample(std::move(sample), height, width, how,
                  [&](const cv::Mat& from, cv::Mat& to, const PlaneSampling& sampling) {
                    cv::warpAffine(from, to, matrix, to.size(), sampling.interpolation, sampling.border,
                                   cv::Scalar(sampling.outside));
                  });
}

Sample warp_by_map(Sample sample, const cv::Mat& map_x, const cv::Mat& map_y, const Resampling& how) {
  return resample(std::move(sample), map_x.rows, map_x.cols, how,
                  [&](const cv::Mat& from, cv::Mat& to, const PlaneSampling& sampling) {
                    cv::remap(from, to, map_x, map_y, sampling.interpolation, sampling.border,
                              cv::Scalar(sampling.outside));
                  });
}

}  // namespace nadir
