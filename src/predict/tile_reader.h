// Cuts an area of a raster into batches of tiles, row by row of the grid.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "nadir/predict.h"
#include "predict/source_rows.h"

namespace nadir {

struct TileBatch {
  torch::Tensor images;  // [N, C, tile, tile] of the source's type, mirrored outside the raster
  torch::Tensor valid;   // [N, tile, tile] bool, or undefined when all valid
  std::vector<Window> tiles;
  bool ends_row = false;     // of the grid: the rows above the next row of tiles are then finished
  torch::Tensor kept;        // [h, W] bool, of those rows; undefined when all are valid and wanted
  std::int64_t skipped = 0;  // tiles left out because none of their pixels is valid and wanted
};

// A batch is `batch_size` neighbours in a row of the grid, counted from its first column, whatever the area:
// the network sees the same batches when a raster is worked in parts, so that not even its rounding can
// differ.
class TileReader {
 public:
  TileReader(const PixelSource& source, const TileGrid& grid, const Window& area, std::int64_t batch_size);
  // Nothing after the last.
  std::optional<TileBatch> next();
  std::int64_t tiles() const { return tiles_.area(); }

 private:
  void begin_row();
  void end_row(TileBatch& batch);
  void take_tile(TileBatch& batch);
  bool any_kept(const Window& window) const;
  void copy_pixels(const Window& window, const torch::Tensor& image) const;
  void copy_valid(const Window& window, TileBatch& batch) const;

  const PixelSource& source_;
  const TileGrid& grid_;
  Window area_;   // of the raster
  Window tiles_;  // of the grid: those over the area, in whole batches
  std::int64_t batch_size_, tile_;
  SourceRows rows_;
  std::vector<std::int64_t>
      first_needed_;                 // [grid rows] the highest raster row that this or a later one needs
  std::vector<std::int64_t> lines_;  // raster rows of the present row of tiles, mirrored
  bool masked_ = false;              // whether any pixel of the present row of tiles is not valid
  bool thinned_ = false;             // the same for valid and wanted
  std::int64_t row_, column_;        // the next tile
  std::int64_t finished_;            // rows of the raster
};

}  // namespace nadir
