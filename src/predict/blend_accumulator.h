// Blends overlapping tiles into rows: a rolling band, never the raster.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "nadir/predict.h"
#include "predict/blend_sink.h"
#include "predict/tile_scores.h"

namespace nadir {

// The weighted mean of all tiles over a pixel, for the pixels of `area` (parts of tiles outside it are
// dropped). Tiles come row by row of the grid, from the top, each row from the left; their order alone fixes
// the result, to the last bit. Study 004's script divides sums by the square of its subdivisions instead,
// which is wrong on rasters that do not fit its step; dividing by the summed weights is right on all
// (tests/data/goldens/blend.json).
//
// The window is separable, and so is its mean: a row of tiles is blended across first, in a buffer that the
// processor's cache holds, then once with the rows of tiles above. What no further tile touches goes to the
// sink at once.
class BlendAccumulator {
 public:
  // window: [tile] float32, weights above 0 of a tile's rows and columns. The sink outlives this.
  BlendAccumulator(const TileGrid& grid, const Window& area, std::int64_t classes,
                   const torch::Tensor& window, BlendSink& sink);

  // The next tile of the present row of tiles; those without data are left out. scores: [K, tile, tile]
  // float32 on the CPU, of any strides. Uses torch's threads; the result does not depend on their number.
  void add(const Window& tile, const torch::Tensor& scores, Activation activation);
  // No more tiles come in this row of tiles.
  void end_tiles(const torch::Tensor& kept);

 private:
  // Columns that are treated alike, at most RowPiece::kMost.
  struct Columns {
    std::int64_t first;
    std::size_t count;
    bool covered;   // by an earlier tile of this row of tiles
    bool finished;  // by this one
  };
  struct TileValues;
  struct Buffers;
  struct RowOfTiles {
    std::int64_t top;
    std::vector<float> across;  // [W] sums of the tiles' weights
  };

  void begin_tiles();
  std::vector<Columns> columns_of(std::int64_t first, std::int64_t end, std::int64_t finished) const;
  void weigh(const Window& tile);
  void work(const std::vector<Columns>& columns, const TileValues* tile);
  void work_row(std::int64_t row, const std::vector<Columns>& columns, const TileValues* tile,
                Buffers& buffers);
  void load(std::int64_t row, const Columns& columns, const TileValues& tile, Buffers& buffers) const;
  void blend_across(std::int64_t row, const Columns& columns, const TileValues* tile, Buffers& buffers);
  void blend_down(std::int64_t row, const Columns& columns, Buffers& buffers);
  void finish_columns(std::int64_t end);
  float* pending(std::int64_t row, std::int64_t column);
  float* band(std::int64_t row, std::int64_t column);
  const float* across(std::int64_t column) const { return present_.across.data() + column - area_.column; }

  Window area_;
  std::int64_t classes_, tile_, step_;
  std::int64_t origin_row_, origin_column_;  // where the grid begins
  std::int64_t last_top_;                    // of the last row of tiles over the area
  std::int64_t depth_;                       // rows (columns) that a tile shares with later ones
  std::size_t piece_;                        // pixels that are worked at a time
  std::vector<float> window_;                // [tile]
  std::vector<float> pending_;               // [tile, K, depth] blended across as far as tiles came
  std::vector<float> band_;                  // [depth, K, W] blended of the rows of tiles so far
  std::vector<float> share_;                 // [tile] the present tile's, of its columns
  RowOfTiles present_;
  std::deque<RowOfTiles> above_;    // those that reach into the present one
  std::int64_t begun_ = 0;          // first row that no row of tiles has reached
  std::int64_t finished_rows_ = 0;  // of the raster: those above need no further row of tiles
  std::int64_t covered_ = 0;        // first column that no tile of the present row has reached
  std::int64_t finished_columns_ = 0;
  BlendSink& sink_;
};

}  // namespace nadir
