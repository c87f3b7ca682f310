// A rectangle of pixels. Rows grow downwards, columns to the right; the first pixel is (0, 0).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace nadir {

struct Window {
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  bool operator==(const Window&) const = default;
  std::int64_t bottom() const { return row + height; }   // first row below it
  std::int64_t right() const { return column + width; }  // first column beyond it
  std::int64_t area() const { return height * width; }
  bool empty() const { return height <= 0 || width <= 0; }
  bool contains(const Window& other) const {
    return other.row >= row && other.column >= column && other.bottom() <= bottom() &&
           other.right() <= right();
  }
};

// The pixels that both hold; empty (0 x 0) when they hold none in common.
inline Window intersection(const Window& a, const Window& b) {
  const std::int64_t row = std::max(a.row, b.row);
  const std::int64_t column = std::max(a.column, b.column);
  const std::int64_t height = std::min(a.bottom(), b.bottom()) - row;
  const std::int64_t width = std::min(a.right(), b.right()) - column;
  if (height <= 0 || width <= 0) return {};
  return {row, column, height, width};
}

// "rows 128..255, columns 0..127"
std::string to_string(const Window& window);

// Indices that mirror a line of `size` pixels at both ends without repeating the edge pixel (…2 1 0 1 2…),
// for positions first .. first+count-1, which may lie any distance outside. A line of one pixel repeats it.
std::vector<std::int64_t> mirrored_indices(std::int64_t first, std::int64_t count, std::int64_t size);

}  // namespace nadir
