// OpenCV's work on tensors, one plane (a band, a label, a mask) at a time, so that any number of bands goes.
#pragma once

#include <torch/types.h>

#include <functional>
#include <opencv2/core/mat.hpp>

namespace nadir {

// Plane `index` of contiguous pixels [..., H, W] (bool, uint8, uint16, int16 or float32), sharing its memory.
cv::Mat plane_of(const torch::Tensor& pixels, std::int64_t index);

// `to` has its size and type already and keeps its memory.
using PlaneWork = std::function<void(const cv::Mat& from, cv::Mat& to)>;
// Every plane of pixels [..., H, W] through `work`: [..., height, width] of the same type.
// OpenCV works in the calling thread alone.
torch::Tensor map_planes(const torch::Tensor& pixels, std::int64_t height, std::int64_t width,
                         const PlaneWork& work);

}  // namespace nadir
