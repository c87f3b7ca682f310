// The numbers of areas as a raster of its own, for GDAL to trace: in memory while small, else beside the
// output.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "core/temporary.h"
#include "nadir/raster.h"
#include "raster/gdal.h"

namespace nadir {

class LabelRaster {
 public:
  // `output`: the file whose folder a large one uses. Throws DataError.
  LabelRaster(const std::filesystem::path& output, const RasterInfo& like);
  ~LabelRaster();
  LabelRaster(const LabelRaster&) = delete;
  LabelRaster& operator=(const LabelRaster&) = delete;

  void write_row(std::int64_t row, std::span<const std::int32_t> labels);
  // The band of labels, complete; 0 where there is no area.
  GDALRasterBand& finish();

 private:
  [[noreturn]] void fail(const GdalMessages& messages);

  std::filesystem::path output_;
  std::optional<TemporaryFile> file_;
  GDALDatasetUniquePtr dataset_;
};

}  // namespace nadir
