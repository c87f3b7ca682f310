#include "pictures/resize_picture.h"

#include "pictures/bilinear.h"
#include "pictures/resample.h"

namespace nadir {
namespace {

ResampleFilter filter_of(const std::string& name) {
  if (name == "box") return ResampleFilter::kBox;
  if (name == "bicubic") return ResampleFilter::kBicubic;
  if (name == "lanczos") return ResampleFilter::kLanczos;
  return ResampleFilter::kBilinear;
}

}  // namespace

at::Tensor resize_picture(const at::Tensor& pixels, std::int64_t height, std::int64_t width,
                          const std::string& method) {
  if (method == "nearest") return resize_nearest(pixels.permute({2, 0, 1}), height, width).contiguous();
  if (method == "opencv") return resize_bilinear(pixels, height, width);
  return Resampler({pixels.size(0), pixels.size(1)}, {height, width}, filter_of(method))(pixels);
}

}  // namespace nadir
