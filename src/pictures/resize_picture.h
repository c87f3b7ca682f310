// Bringing pictures to a size, by the name that recipes have for the way.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace nadir {

// pixels: [H, W, C]; gives [C, height, width] of the same type. method: box, bilinear, bicubic, lanczos
// (Pillow's, antialiased), opencv (OpenCV's bilinear), nearest. All but nearest are for uint8. Any other
// method is taken as bilinear.
at::Tensor resize_picture(const at::Tensor& pixels, std::int64_t height, std::int64_t width,
                          const std::string& method);

}  // namespace nadir
