// Cuts a raster into batches of tiles, row by row of the grid.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "nadir/predict.h"
#include "predict/source_rows.h"

namespace nadir {

// Rows that no later tile touches.
struct FinishedRows {
  std::size_t after = 0;    // how many of the batch's tiles come before they are finished
  std::int64_t bottom = 0;  // the first row below them
  torch::Tensor valid;      // [h, W] bool, of the rows since the last finished ones; undefined when all valid
};

struct TileBatch {
  torch::Tensor images;  // [N, C, tile, tile] of the source's type, mirrored outside the raster
  torch::Tensor valid;   // [N, tile, tile] bool, or undefined when all valid
  std::vector<Window> tiles;
  std::vector<FinishedRows> finished;
  std::int64_t skipped = 0;  // tiles left out because none of their pixels is valid
};

class TileReader {
 public:
  TileReader(const PixelSource& source, const TileGrid& grid, std::int64_t batch_size);
  // Nothing after the last. All but the last batch and those cut short by long stretches without valid pixels
  // are full.
  std::optional<TileBatch> next();

 private:
  void begin_row();
  void end_row(TileBatch& batch);
  void take_tile(TileBatch& batch);
  bool any_valid(const Window& window) const;
  void copy_pixels(const Window& window, const torch::Tensor& image) const;
  void copy_valid(const Window& window, TileBatch& batch) const;

  const PixelSource& source_;
  const TileGrid& grid_;
  std::int64_t batch_size_, tile_;
  SourceRows rows_;
  std::vector<std::int64_t>
      first_needed_;                   // [grid rows] the highest raster row that this or a later one needs
  std::vector<std::int64_t> lines_;    // raster rows of the present row of tiles, mirrored
  bool masked_ = false;                // whether any pixel of the present row of tiles is not valid
  std::int64_t row_ = 0, column_ = 0;  // the next tile
  std::int64_t finished_ = 0;          // rows of the raster
};

}  // namespace nadir
