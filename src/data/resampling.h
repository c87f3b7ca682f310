// Samples on another grid of pixels: what all warps share. The image is interpolated, targets and the valid
// mask never are.
#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>

#include "nadir/data.h"

namespace nadir {

struct Resampling {
  std::string interpolation = "bilinear";  // of the image: nearest, bilinear, cubic, lanczos4 (OpenCV's)
  std::string border = "reflect";  // what lies beyond the sample: its mirror image (reflect_101), labels
                                   // included; ignore: pixels that are not valid and whose target is ignore
  void fields(FieldVisitor& visit);
};

// How one plane is to be resampled, in OpenCV's constants.
struct PlaneSampling {
  int interpolation = 0;
  int border = 0;
  double outside = 0;  // value beyond the plane, where the border is constant
};
using Regrid = std::function<void(const cv::Mat& from, cv::Mat& to, const PlaneSampling& sampling)>;

// The sample on a grid of height x width. `regrid` says where each new pixel comes from.
//   target: the nearest pixel's, always
//   valid:  false where the image drew on a pixel that is not valid (with cubic and lanczos4: may have
//   drawn),
//           and there the target is ignore; values of pixels that are not valid never reach others
// Throws DataError for samples with a side above 32766 pixels, OpenCV's limit.
Sample resample(Sample sample, std::int64_t height, std::int64_t width, const Resampling& how,
                const Regrid& regrid);

// The sample seen through a matrix [2, 3] that takes (column, row, 1) of the old grid to the new one.
Sample warp_affine(Sample sample, const cv::Mat& matrix, const Resampling& how);
// The sample whose pixel (row, column) is the old one's at (map_y, map_x): [height, width] float32, pixels.
Sample warp_by_map(Sample sample, const cv::Mat& map_x, const cv::Mat& map_y, const Resampling& how);

}  // namespace nadir
