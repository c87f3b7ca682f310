#include <cpl_conv.h>
#include <cpl_vsi.h>

#include <atomic>
#include <stdexcept>

#include "nadir/raster.h"
#include "raster/gdal.h"
#include "raster/raster_file.h"

namespace nadir {
namespace {

// picture: [H, W, bands] uint8, contiguous.
GDALDatasetUniquePtr in_memory(const at::Tensor& picture) {
  const auto height = static_cast<int>(picture.size(0));
  const auto width = static_cast<int>(picture.size(1));
  const auto bands = static_cast<int>(picture.size(2));
  GDALDatasetUniquePtr dataset(gdal_driver("MEM").Create("", width, height, bands, GDT_Byte, nullptr));
  if (dataset && dataset->RasterIO(GF_Write, 0, 0, width, height, const_cast<void*>(picture.const_data_ptr()),
                                   width, height, GDT_Byte, bands, nullptr, bands, GSpacing{bands} * width, 1,
                                   nullptr) != CE_None) {
    dataset.reset();
  }
  return dataset;
}

std::string take_file(const std::string& path) {
  vsi_l_offset size = 0;
  GByte* bytes = VSIGetMemFileBuffer(path.c_str(), &size, TRUE);
  const std::string result(reinterpret_cast<const char*>(bytes), bytes ? static_cast<std::size_t>(size) : 0);
  CPLFree(bytes);
  return result;
}

std::string encode(const at::Tensor& picture, const std::string& format, const std::string& option) {
  const bool gray = picture.dim() == 2;
  if (picture.scalar_type() != at::kByte || (!gray && (picture.dim() != 3 || picture.size(2) != 3))) {
    throw std::logic_error("a picture is [H, W] or [H, W, 3] uint8");
  }
  static std::atomic<int> count{0};
  const std::string path = "/vsimem/nadir-picture-" + std::to_string(count++);
  const GdalMessages messages;
  const GDALDatasetUniquePtr source = in_memory((gray ? picture.unsqueeze(2) : picture).cpu().contiguous());
  const char* const options[] = {option.c_str(), nullptr};
  if (source) {
    GDALDatasetUniquePtr copy(gdal_driver(format).CreateCopy(path.c_str(), source.get(), FALSE,
                                                             const_cast<char**>(options), nullptr, nullptr));
  }
  std::string bytes = take_file(path);
  if (messages.failed() || bytes.empty())
    throw DataError("no " + format + " could be made: " + messages.text());
  return bytes;
}

}  // namespace

std::string encode_png(const at::Tensor& picture) { return encode(picture, "PNG", "ZLEVEL=6"); }

std::string encode_jpeg(const at::Tensor& picture, int quality) {
  if (quality < 1 || quality > 100) throw std::logic_error("JPEG's quality is 1 to 100");
  return encode(picture, "JPEG", "QUALITY=" + std::to_string(quality));
}

void copy_as_png(const std::filesystem::path& raster, const std::filesystem::path& png) {
  const GDALDatasetUniquePtr source = open_raster(raster.string());
  const GdalMessages messages;
  // Names of classes and the like would go to a side-car file.
  CPLSetThreadLocalConfigOption("GDAL_PAM_ENABLED", "NO");
  GDALDatasetUniquePtr copy(
      gdal_driver("PNG").CreateCopy(png.c_str(), source.get(), FALSE, nullptr, nullptr, nullptr));
  copy.reset();
  CPLSetThreadLocalConfigOption("GDAL_PAM_ENABLED", nullptr);
  if (messages.failed())
    throw DataError(png.string() + ": " + why_not_written(messages, png.parent_path()) + what_stays(png));
}

}  // namespace nadir
