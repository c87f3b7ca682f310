// Contrast-limited adaptive histogram equalisation of one plane, with 256 bins (Zuiderveld 1994; OpenCV's
// rounding, clipping and borders).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

namespace nadir {

class TileEqualizer {
 public:
  struct Layout {
    std::int64_t height = 0, width = 0;  // of the plane, pixels
    std::int64_t tile_rows = 8, tile_columns = 8;
  };
  // valid: H * W, or nullptr when all pixels count; it must live as long.
  TileEqualizer(const Layout& layout, double clip_limit, const bool* valid);

  using Level = std::function<float(std::int64_t pixel)>;            // 0..255, of a pixel of the plane
  using Put = std::function<void(std::int64_t pixel, float value)>;  // the new level, 0..255
  // `whole` levels: mappings are rounded to whole levels, as OpenCV does for 8 bit.
  void run(const Level& level, bool whole, const Put& put) const;

 private:
  using Mapping = std::vector<float>;  // [256], of one tile
  Mapping mapping_of(std::int64_t tile, const Level& level, bool whole) const;
  void clip(std::vector<std::int64_t>& bins, std::int64_t pixels) const;

  Layout layout_;
  double clip_limit_;
  const bool* valid_;
  std::int64_t tile_height_, tile_width_;
};

}  // namespace nadir
