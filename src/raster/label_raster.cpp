#include "raster/label_raster.h"

#include <cpl_string.h>

namespace nadir {
namespace {

constexpr std::int64_t kPixelsInMemory = 4 << 20;

CPLStringList file_options() {
  CPLStringList options;
  options.SetNameValue("COMPRESS", "DEFLATE");
  options.SetNameValue("ZLEVEL", "1");
  options.SetNameValue("BLOCKYSIZE", "16");
  options.SetNameValue("BIGTIFF", "IF_SAFER");
  return options;
}

}  // namespace

LabelRaster::LabelRaster(const std::filesystem::path& output, const RasterInfo& like) : output_(output) {
  const auto width = static_cast<int>(like.width);
  const auto height = static_cast<int>(like.height);
  const GdalMessages messages;
  if (like.height * like.width <= kPixelsInMemory) {
    dataset_.reset(gdal_driver("MEM").Create("", width, height, 1, GDT_Int32, nullptr));
  } else {
    file_.emplace(output.parent_path() / (output.stem().string() + ".areas.tif"));
    dataset_.reset(gdal_driver("GTiff").Create(file_->path().c_str(), width, height, 1, GDT_Int32,
                                               file_options().List()));
  }
  if (dataset_ && like.geo.transform) {
    std::array<double, 6> transform = *like.geo.transform;
    dataset_->SetGeoTransform(transform.data());
  }
  if (!dataset_ || messages.failed()) fail(messages);
}

LabelRaster::~LabelRaster() {
  const GdalMessages quiet;
  dataset_.reset();
}

void LabelRaster::fail(const GdalMessages& messages) {
  const std::string why = why_not_written(messages, output_.parent_path());
  dataset_.reset();  // while its last words are caught
  throw DataError(output_.string() + ": " + why + what_stays(output_));
}

void LabelRaster::write_row(std::int64_t row, std::span<const std::int32_t> labels) {
  const auto width = static_cast<int>(labels.size());
  const GdalMessages messages;
  const CPLErr result = dataset_->GetRasterBand(1)->RasterIO(GF_Write, 0, static_cast<int>(row), width, 1,
                                                             const_cast<std::int32_t*>(labels.data()), width,
                                                             1, GDT_Int32, 0, 0, nullptr);
  if (result != CE_None || messages.failed()) fail(messages);
}

GDALRasterBand& LabelRaster::finish() {
  const GdalMessages messages;
  dataset_->FlushCache(false);
  if (messages.failed()) fail(messages);
  return *dataset_->GetRasterBand(1);
}

}  // namespace nadir
