#include "raster/raster_file.h"

#include <cpl_string.h>
#include <cpl_vsi.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "core/text.h"
#include "raster/gdal.h"
#include "raster/georeference.h"

namespace nadir {
namespace {

bool is_virtual(const std::string& path) { return path.starts_with("/vsi"); }

// "NETCDF:file.nc:band" and the like are no paths.
bool names_a_driver(const std::string& path) {
  return path.find(':') < path.find('/') || path.starts_with("<");
}

[[noreturn]] void throw_not_opened(const std::string& path, const GdalMessages& messages) {
  VSIStatBufL status;
  const bool plain = !is_virtual(path) && !names_a_driver(path);
  if (VSIStatL(path.c_str(), &status) != 0) {
    if (names_a_driver(path)) throw DataError(path + ": cannot be opened: " + messages.text());
    throw DataError(path + ": no such file; check the path");
  }
  if (VSI_ISDIR(status.st_mode)) throw DataError(path + ": is a folder, not a raster; name a file in it");
  if (plain && ::access(path.c_str(), R_OK) != 0) {
    throw DataError(path + ": cannot be read: " + std::strerror(errno));
  }
  if (status.st_size == 0) throw DataError(path + ": is an empty file, not a raster");
  GDALDriverH driver = GDALIdentifyDriverEx(path.c_str(), GDAL_OF_RASTER, nullptr, nullptr);
  if (!driver) {
    throw DataError(path +
                    ": is not a raster: none of GDAL's formats fits; expected GeoTIFF, PNG, JPEG or alike");
  }
  throw DataError(path + ": begins like " + GDALGetDriverShortName(driver) +
                  " but cannot be opened, the file is truncated or corrupt (" + messages.text() + ")");
}

// What to name instead of a container (netCDF, HDF) that has no bands of its own.
std::string subdataset_hint(GDALDataset& dataset) {
  char** items = dataset.GetMetadata("SUBDATASETS");
  const char* first = CSLFetchNameValue(items, "SUBDATASET_1_NAME");
  if (!first) return "";
  return "; it holds " + counted(CSLCount(items) / 2, "raster") + " of its own: name one, such as " + first;
}

void check_bands(GDALDataset& dataset, const std::string& path) {
  const int count = dataset.GetRasterCount();
  if (count == 0) throw DataError(path + ": has no bands" + subdataset_hint(dataset));
  for (int number = 1; number <= count; ++number) {
    GDALRasterBand& band = *dataset.GetRasterBand(number);

    if (band.GetXSize() == dataset.GetRasterXSize() && band.GetYSize() == dataset.GetRasterYSize()) continue;
    throw DataError(
        path + ": band " + std::to_string(number) + " is " + std::to_string(band.GetYSize()) + " x " +
        std::to_string(band.GetXSize()) + " pixels, the raster " + std::to_string(dataset.GetRasterYSize()) +
        " x " + std::to_string(dataset.GetRasterXSize()) + "; bands of different sizes need one file each");
  }
}

std::optional<double> nodata_of(GDALRasterBand& band) {
  int present = 0;
  double value = 0;
  switch (band.GetRasterDataType()) {
    case GDT_Int64:
      value = static_cast<double>(band.GetNoDataValueAsInt64(&present));
      break;
    case GDT_UInt64:
      value = static_cast<double>(band.GetNoDataValueAsUInt64(&present));
      break;
    default:
      value = band.GetNoDataValue(&present);
  }
  return present ? std::optional(value) : std::nullopt;
}

RasterBand describe_band(GDALDataset& dataset, int number) {
  GDALRasterBand& band = *dataset.GetRasterBand(number);
  const std::string description = band.GetDescription();
  return {.name = description.empty() ? "band " + std::to_string(number) : description,
          .nodata = nodata_of(band)};
}

GDALDataType common_type(GDALDataset& dataset) {
  GDALDataType type = dataset.GetRasterBand(1)->GetRasterDataType();
  for (int number = 2; number <= dataset.GetRasterCount(); ++number) {
    type = GDALDataTypeUnion(type, dataset.GetRasterBand(number)->GetRasterDataType());
  }
  return type;
}

at::ScalarType tensor_type(GDALDataType type) {
  if (type == GDT_Byte) return at::kByte;
  if (type == GDT_UInt16) return at::kUInt16;
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 7, 0)
  if (type == GDT_Int8) return at::kShort;
#endif
  return type == GDT_Int16 ? at::kShort : at::kFloat;
}

bool has_mask(GDALDataset& dataset) {
  for (int number = 1; number <= dataset.GetRasterCount(); ++number) {
    GDALRasterBand& band = *dataset.GetRasterBand(number);
    if (band.GetColorInterpretation() == GCI_AlphaBand) return true;
    if ((band.GetMaskFlags() & (GMF_ALL_VALID | GMF_NODATA)) == 0) return true;
  }
  return false;
}

std::vector<std::array<std::uint8_t, 4>> palette_of(GDALRasterBand& band) {
  std::vector<std::array<std::uint8_t, 4>> palette;
  GDALColorTable* table = band.GetColorTable();
  if (!table || table->GetPaletteInterpretation() != GPI_RGB) return palette;
  const auto byte = [](short level) { return static_cast<std::uint8_t>(std::clamp<short>(level, 0, 255)); };
  for (int i = 0; i < table->GetColorEntryCount(); ++i) {
    const GDALColorEntry& entry = *table->GetColorEntry(i);
    palette.push_back({byte(entry.c1), byte(entry.c2), byte(entry.c3), byte(entry.c4)});
  }
  return palette;
}

// GeoTIFF keeps category names in a side-car file; a copy in the file's metadata outlives it.
std::vector<std::string> category_names(GDALDataset& dataset) {
  std::vector<std::string> names;
  dataset.GetSpatialRef();  // GDAL 3.6 looks at side-cars then, not when asked for names
  if (char** categories = dataset.GetRasterBand(1)->GetCategoryNames()) {
    for (; *categories; ++categories) names.emplace_back(*categories);
    return names;
  }
  while (const char* name = dataset.GetMetadataItem(("CLASS_" + std::to_string(names.size())).c_str())) {
    names.emplace_back(name);
  }
  return names;
}

}  // namespace

GDALDatasetUniquePtr open_raster(const std::string& path) {
  const GdalMessages messages;
  GDALDatasetUniquePtr dataset(
      GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR));
  if (!dataset) throw_not_opened(path, messages);
  return dataset;
}

bool holds_signed_bytes([[maybe_unused]] GDALDataset& dataset) {
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 7, 0)
  return false;  // they have a type of their own, and who asks is warned
#else
  GDALRasterBand& band = *dataset.GetRasterBand(1);
  const char* kind = band.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE");
  return band.GetRasterDataType() == GDT_Byte && kind && std::strcmp(kind, "SIGNEDBYTE") == 0;
#endif
}

RasterInfo describe_raster(GDALDataset& dataset, const std::string& path) {
  const GdalMessages quiet;
  check_bands(dataset, path);
  RasterInfo info;
  info.path = path;
  info.height = dataset.GetRasterYSize();
  info.width = dataset.GetRasterXSize();
  int block_width = 0, block_height = 0;
  dataset.GetRasterBand(1)->GetBlockSize(&block_width, &block_height);
  info.block_rows = std::max(1, block_height);
  info.block_columns = std::max(1, block_width);
  for (int number = 1; number <= dataset.GetRasterCount(); ++number) {
    info.bands.push_back(describe_band(dataset, number));
  }
  const bool signed_bytes = holds_signed_bytes(dataset);
  info.type = signed_bytes ? at::kShort : tensor_type(common_type(dataset));
  info.type_name = signed_bytes ? "Int8" : GDALGetDataTypeName(common_type(dataset));
  info.has_mask = has_mask(dataset);
  info.geo = read_georeference(dataset);
  info.palette = palette_of(*dataset.GetRasterBand(1));
  info.category_names = category_names(dataset);
  return info;
}

}  // namespace nadir
