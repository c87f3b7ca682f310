#include "data/planes.h"

#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <stdexcept>

namespace nadir {
namespace {

int matrix_type(torch::ScalarType type) {
  switch (type) {
    case torch::kBool:
    case torch::kUInt8:
      return CV_8UC1;
    case torch::kUInt16:
      return CV_16UC1;
    case torch::kInt16:
      return CV_16SC1;
    case torch::kFloat32:
      return CV_32FC1;
    default:
      throw std::logic_error("planes of type " + std::string(c10::toString(type)) + " do not exist");
  }
}

// OpenCV's own threads would compete with the network for cores; the loader's are enough.
void keep_to_one_thread() {
  static const bool once = (cv::setNumThreads(0), true);
  static_cast<void>(once);
}

}  // namespace

cv::Mat plane_of(const torch::Tensor& pixels, std::int64_t index) {
  const std::int64_t bytes = pixels.size(-2) * pixels.size(-1) * static_cast<std::int64_t>(pixels.itemsize());
  auto* const begin = static_cast<std::byte*>(const_cast<void*>(pixels.const_data_ptr()));
  return {static_cast<int>(pixels.size(-2)), static_cast<int>(pixels.size(-1)),
          matrix_type(pixels.scalar_type()), begin + index * bytes};
}

torch::Tensor map_planes(const torch::Tensor& pixels, std::int64_t height, std::int64_t width,
                         const PlaneWork& work) {
  keep_to_one_thread();
  const torch::Tensor from = pixels.contiguous();
  std::vector<std::int64_t> shape = from.sizes().vec();
  shape[shape.size() - 2] = height;
  shape[shape.size() - 1] = width;
  torch::Tensor to = torch::empty(shape, from.options());
  const std::int64_t planes = from.numel() / std::max<std::int64_t>(1, from.size(-2) * from.size(-1));
  try {
    for (std::int64_t i = 0; i < planes; ++i) {
      cv::Mat result = plane_of(to, i);
      work(plane_of(from, i), result);
      if (result.data != plane_of(to, i).data) throw std::logic_error("a plane was given other memory");
    }
  } catch (const cv::Exception& error) {
    throw std::logic_error("OpenCV: " + error.err);
  }
  return to;
}

}  // namespace nadir
