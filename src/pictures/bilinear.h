// Resizing as OpenCV's INTER_LINEAR does it, bit for bit: two pixels an axis, whatever the scale.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace nadir {

// Of one output position: two input positions, and their weights of 2048 in all.
struct BilinearTap {
  std::int64_t first = 0, next = 0;
  std::int32_t weight = 2048, next_weight = 0;
};
// The two axes differ beyond the border: columns there have weight on one pixel, rows on the same line twice,
// each of whose parts is rounded.
std::vector<BilinearTap> bilinear_columns(std::int64_t from, std::int64_t to);
std::vector<BilinearTap> bilinear_rows(std::int64_t from, std::int64_t to);

// The value that OpenCV gives for two lines' horizontal sums (each up to 255 * 2048).
inline std::uint8_t bilinear_value(std::int32_t upper, std::int32_t lower, const BilinearTap& row) {
  const std::int32_t a = (row.weight * (upper >> 4)) >> 16;
  const std::int32_t b = (row.next_weight * (lower >> 4)) >> 16;
  return static_cast<std::uint8_t>((a + b + 2) >> 2);
}

// pixels: [H, W, C] uint8; gives [C, height, width]. Exactly half the size in both directions is the mean of
// four pixels, as in OpenCV.
at::Tensor resize_bilinear(const at::Tensor& pixels, std::int64_t height, std::int64_t width);

}  // namespace nadir
