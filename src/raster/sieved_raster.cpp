#include "raster/sieved_raster.h"

#include <cpl_string.h>
#include <gdal_alg.h>

#include <system_error>

#include "raster/gdal.h"
#include "raster/raster_file.h"

namespace nadir {

SievedRaster::SievedRaster(const std::string& class_raster, const std::filesystem::path& output,
                           std::int64_t pixels)
    : file_(output.parent_path() / (output.stem().string() + ".sieved.tif")) {
  const GDALDatasetUniquePtr source = open_raster(class_raster);
  const GdalMessages messages;
  CPLStringList options;
  for (const auto& [name, value] : {std::pair{"COMPRESS", "DEFLATE"}, std::pair{"ZLEVEL", "1"},
                                    std::pair{"TILED", "YES"}, std::pair{"BIGTIFF", "IF_SAFER"}}) {
    options.SetNameValue(name, value);
  }
  // A copy has georeference and nodata; the filter then writes its pixels anew.
  const GDALDatasetUniquePtr copy(gdal_driver("GTiff").CreateCopy(file_.path().c_str(), source.get(), FALSE,
                                                                  options.List(), nullptr, nullptr));
  const bool done =
      copy && GDALSieveFilter(GDALRasterBand::ToHandle(source->GetRasterBand(1)),
                              GDALRasterBand::ToHandle(source->GetRasterBand(1)->GetMaskBand()),
                              GDALRasterBand::ToHandle(copy->GetRasterBand(1)), static_cast<int>(pixels), 4,
                              nullptr, nullptr, nullptr) == CE_None;
  if (copy) copy->FlushCache(true);
  if (!done || messages.failed()) {
    throw DataError(output.string() + ": " + why_not_written(messages, output.parent_path()) +
                    what_stays(output));
  }
}

// The copy's class names lie in a file beside it.
SievedRaster::~SievedRaster() {
  std::error_code ignored;
  std::filesystem::remove(path() + ".aux.xml", ignored);
}

}  // namespace nadir
