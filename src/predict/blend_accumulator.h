// Blends overlapping tiles into rows: a rolling band, never the raster.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nadir/window.h"

namespace nadir {

// The weighted mean of all tiles over a pixel, for the pixels of `area` (parts of tiles outside it are
// dropped). Tiles come row by row of the grid, from the top; their order alone fixes the result, to the last
// bit. Study 004's script divides sums by the square of its subdivisions instead, which is wrong on rasters
// that do not fit its step; dividing by the summed weights is right on all (tests/data/goldens/blend.json).
class BlendAccumulator {
 public:
  // window: [tile] float32, weights above 0 of a tile's rows and columns. step: between rows of tiles, one of
  // which begins at row `origin` of the raster.
  BlendAccumulator(const Window& area, std::int64_t classes, const torch::Tensor& window, std::int64_t step,
                   std::int64_t origin);

  // probabilities: [K, tile, tile] float32, contiguous, on the CPU; `tile` may reach outside the area. Uses
  // torch's threads; the result does not depend on their number.
  void add(const Window& tile, const torch::Tensor& probabilities);

  // The rows above `bottom` that were not given yet, [K, h, W]; 0 where no tile lay. They lie within one step
  // of the grid.
  // A view of the band: good until the next call of add().
  torch::Tensor finish_rows(std::int64_t bottom);
  std::int64_t next_row() const { return next_row_; }  // the first that finish_rows has not given

 private:
  std::int64_t slot(std::int64_t row) const { return (row - origin_) % capacity_; }  // row >= origin_
  void begin_rows(std::int64_t bottom);
  void blend_row(std::int64_t row, const Window& tile, const Window& inside,
                 const torch::Tensor& probabilities, float* share);
  void clear_uncovered(std::int64_t row);

  Window area_;
  std::int64_t classes_, capacity_;
  std::int64_t origin_;    // row of slot 0, where a row of tiles begins: pieces of `step` rows never wrap
  std::int64_t next_row_;  // first row not finished
  std::int64_t begun_;     // first row whose weights are not cleared yet
  torch::Tensor window_;   // [tile]
  torch::Tensor means_;    // [K, capacity, W]; row r in slot(r)
  torch::Tensor weights_;  // [capacity, W]
};

}  // namespace nadir
