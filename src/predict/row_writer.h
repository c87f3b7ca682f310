// Writes a raster from the top, a whole block of the file at a time, so that none is packed twice.
#pragma once

#include <cstdint>
#include <filesystem>

#include "nadir/raster.h"

namespace nadir {

class RowWriter {
 public:
  RowWriter(const std::filesystem::path& path, const RasterLayout& layout);

  // The next rows: [bands, h, W] of the layout's type, any h.
  void add(const at::Tensor& rows);
  // Instead, piece by piece from the left: all rows of the next row of blocks, of whole blocks from `column`
  // on. Holds nothing, whatever the width.
  void add_blocks(std::int64_t column, const at::Tensor& pixels);
  void finish() { writer_.finish(); }

 private:
  RasterLayout layout_;
  RasterWriter writer_;
  at::Tensor rows_;          // [bands, rows of a block, W], from the first add() on
  std::int64_t filled_ = 0;  // of them
  std::int64_t written_ = 0;
};

}  // namespace nadir
