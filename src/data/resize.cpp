#include "data/resize.h"

#include <opencv2/imgproc.hpp>

#include "data/pixel_moves.h"
#include "data/planes.h"
#include "data/resampling.h"

namespace nadir {
namespace {

// Source index of each of `to` pixels along a side of `from`.
std::vector<int> nearest_indices(int from, int to, bool exact) {
  std::vector<int> indices;
  const double scale = 1 / (static_cast<double>(to) / from);  // as OpenCV rounds it
  for (int i = 0; i < to; ++i) {
    const auto centre = static_cast<int>((2 * static_cast<std::int64_t>(i) + 1) * from / (2 * to));
    indices.push_back(std::min(from - 1, exact ? centre : static_cast<int>(std::floor(i * scale))));
  }
  return indices;
}

void pick_nearest(const cv::Mat& from, cv::Mat& to, bool exact) {
  const std::vector<int> rows = nearest_indices(from.rows, to.rows, exact);
  const std::vector<int> columns = nearest_indices(from.cols, to.cols, exact);
  const std::size_t bytes = from.elemSize();
  for (int row = 0; row < to.rows; ++row) {
    const uchar* const source = from.ptr(rows[static_cast<std::size_t>(row)]);
    uchar* pixel = to.ptr(row);
    for (const int column : columns) {
      std::copy_n(source + static_cast<std::size_t>(column) * bytes, bytes, pixel);
      pixel += bytes;
    }
  }
}

int method_of(const std::string& name) {
  if (name == "bilinear") return cv::INTER_LINEAR;
  if (name == "cubic") return cv::INTER_CUBIC;
  if (name == "area") return cv::INTER_AREA;
  if (name == "lanczos4") return cv::INTER_LANCZOS4;
  throw std::logic_error("no method of resizing is called " + name);
}

}  // namespace

torch::Tensor resize_planes(const torch::Tensor& pixels, std::int64_t height, std::int64_t width,
                            const std::string& method) {
  if (pixels.size(-2) == height && pixels.size(-1) == width) return pixels;
  return map_planes(pixels, height, width, [&](const cv::Mat& from, cv::Mat& to) {
    if (method.starts_with("nearest")) return pick_nearest(from, to, method == "nearest_exact");
    cv::resize(from, to, to.size(), 0, 0, method_of(method));
  });
}

Sample resize_sample(Sample sample, std::int64_t height, std::int64_t width, const std::string& method) {
  if (sample.image.size(-2) == height && sample.image.size(-1) == width) return sample;
  return resample(std::move(sample), height, width, {.interpolation = method, .border = "reflect"},
                  [](const cv::Mat& from, cv::Mat& to, const PlaneSampling& sampling) {
                    if (sampling.interpolation == cv::INTER_NEAREST) return pick_nearest(from, to, true);
                    cv::resize(from, to, to.size(), 0, 0, sampling.interpolation);
                  });
}

}  // namespace nadir
