// Writes a raster row by row from the top, in whole rows of the file's blocks, so that none is packed twice.
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
  void finish() { writer_.finish(); }

 private:
  RasterWriter writer_;
  std::int64_t height_;
  at::Tensor rows_;          // [bands, rows of a block, W]
  std::int64_t filled_ = 0;  // of them
  std::int64_t written_ = 0;
};

}  // namespace nadir
