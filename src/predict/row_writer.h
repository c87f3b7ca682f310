// Writes a uint8 raster row by row from the top, in whole rows of the file's blocks, so that none is packed
// twice.
#pragma once

#include <cstdint>
#include <filesystem>

#include "nadir/raster.h"

namespace nadir {

class RowWriter {
 public:
  // The layout's type is uint8.
  RowWriter(const std::filesystem::path& path, const RasterLayout& layout);

  // The `width` pixels of the row to write next, to be filled before next_row().
  std::uint8_t* row(std::int64_t band);
  void next_row();
  void finish() { writer_.finish(); }

 private:
  RasterWriter writer_;
  std::int64_t height_, width_;
  at::Tensor rows_;          // [bands, rows of a block, W]
  std::int64_t filled_ = 0;  // of them
  std::int64_t written_ = 0;
};

}  // namespace nadir
