// Colours to labels by the nearest of a list, for pictures whose colours are blurred or compressed.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace nadir {

using Rgb = std::array<std::uint8_t, 3>;

struct LabelColor {
  Rgb color{};
  std::uint8_t label = 0;
};

// The label of the colour with the smallest squared distance over red, green and blue; the first of equals
// wins. Colours are looked up in cubes of 4 x 4 x 4: a cube for whose 64 colours only one label can win knows
// it; the others list the colours that can win, and these alone are compared. The result is that of comparing
// all, for each of the 2^24 colours.
class NearestColor {
 public:
  // Throws std::logic_error without a colour.
  explicit NearestColor(std::vector<LabelColor> colors);

  std::uint8_t operator()(std::uint8_t red, std::uint8_t green, std::uint8_t blue) const {
    const std::int32_t found = cubes_[static_cast<std::size_t>(red >> 2 << 12 | green >> 2 << 6 | blue >> 2)];
    return found >= 0 ? static_cast<std::uint8_t>(found)
                      : compare(static_cast<std::size_t>(-found - 1), {red, green, blue});
  }
  // planes: [3, H, W] uint8, rows and columns contiguous; gives [H, W].
  at::Tensor labels(const at::Tensor& planes) const;

 private:
  std::uint8_t compare(std::size_t list, const Rgb& color) const;

  std::vector<LabelColor> colors_;
  std::vector<std::int32_t> cubes_;   // label, or -1 - place in lists_
  std::vector<std::uint16_t> lists_;  // length, then places in colors_, rising
};

}  // namespace nadir
