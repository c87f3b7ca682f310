#include "raster/geotiff.h"

#include <cpl_string.h>

#include <algorithm>
#include <limits>

#include "core/text.h"
#include "raster/gdal.h"
#include "raster/georeference.h"

namespace nadir {
namespace {

constexpr std::int64_t kSmallestOverview = 256;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

void check_compression(const std::string& compress, const std::string& where) {
  const char* options = gdal_driver("GTiff").GetMetadataItem(GDAL_DMD_CREATIONOPTIONLIST);
  std::vector<std::string> available;
  for (const char* name : {"deflate", "zstd", "lzw", "none"}) {
    const bool built_in =
        options && std::string(options).find("<Value>" + upper(name) + "</Value>") != std::string::npos;
    if (built_in) available.emplace_back(name);
  }
  if (std::find(available.begin(), available.end(), compress) != available.end()) return;
  throw ConfigError(where + "unknown compression \"" + compress + "\"; this GDAL can do " +
                    join_words(available));
}

void check_classes(const RasterLayout& layout, const std::string& where) {
  if (layout.classes.empty()) return;
  if (layout.bands != 1 || (layout.type != at::kByte && layout.type != at::kUInt16)) {
    throw ConfigError(where + "a class raster has one band of uint8 or uint16");
  }
  const std::size_t most = layout.type == at::kByte ? 256 : 65536;
  if (layout.classes.size() > most) {
    throw ConfigError(where + std::to_string(layout.classes.size()) + " classes do not fit, at most " +
                      std::to_string(most) + " do");
  }
}

std::int64_t block_side(std::int64_t tile, std::int64_t size) {
  return std::min(tile, (size + 15) / 16 * 16);
}

const char* predictor(const RasterLayout& layout) {
  if (!layout.classes.empty() || layout.compress == "none") return "1";
  return layout.type == at::kFloat ? "3" : "2";
}

CPLStringList creation_options(const RasterLayout& layout) {
  CPLStringList options;
  options.SetNameValue("TILED", "YES");
  options.SetNameValue("BLOCKXSIZE", std::to_string(block_side(layout.tile, layout.width)).c_str());
  options.SetNameValue("BLOCKYSIZE", std::to_string(block_side(layout.tile, layout.height)).c_str());
  options.SetNameValue("COMPRESS", upper(layout.compress).c_str());
  if (layout.compress == "deflate") options.SetNameValue("ZLEVEL", "6");
  if (layout.compress != "none") options.SetNameValue("PREDICTOR", predictor(layout));
  options.SetNameValue("BIGTIFF", "IF_SAFER");
  // A second thread compresses while this one computes; more would take the network's cores.
  options.SetNameValue("NUM_THREADS", "2");
  // Tools show up to four bands together; a stack of many is read band by band.
  options.SetNameValue("INTERLEAVE", layout.bands > 4 ? "BAND" : "PIXEL");
  // GDAL takes a fourth byte band for alpha unless told otherwise.
  const bool picture = layout.type == at::kByte && layout.bands == 3;
  if (layout.classes.empty()) options.SetNameValue("PHOTOMETRIC", picture ? "RGB" : "MINISBLACK");
  return options;
}

void describe_classes(GDALDataset& dataset, const RasterLayout& layout) {
  GDALColorTable colors;
  CPLStringList names;
  for (std::size_t value = 0; value < layout.classes.size(); ++value) {
    const RasterClass& each = layout.classes[value];
    const GDALColorEntry entry{each.color[0], each.color[1], each.color[2], 255};
    colors.SetColorEntry(static_cast<int>(value), &entry);
    names.AddString(each.name.c_str());
    dataset.SetMetadataItem(("CLASS_" + std::to_string(value)).c_str(), each.name.c_str());
  }
  dataset.GetRasterBand(1)->SetColorTable(&colors);
  dataset.GetRasterBand(1)->SetCategoryNames(names.List());
}

void describe(GDALDataset& dataset, const RasterLayout& layout) {
  write_georeference(dataset, layout.geo);
  for (const auto& [key, value] : layout.metadata) dataset.SetMetadataItem(key.c_str(), value.c_str());
  for (int number = 1; number <= dataset.GetRasterCount(); ++number) {
    GDALRasterBand& band = *dataset.GetRasterBand(number);
    if (layout.nodata) band.SetNoDataValue(*layout.nodata);
    if (!layout.band_names.empty()) {
      band.SetDescription(layout.band_names[static_cast<std::size_t>(number - 1)].c_str());
    }
  }
  if (!layout.classes.empty()) describe_classes(dataset, layout);
}

}  // namespace

const RasterLayout& checked(const RasterLayout& layout, const std::filesystem::path& path) {
  const GdalMessages quiet;
  const std::string where = path.string() + ": ";
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  const auto refuse = [&](const std::string& what) { throw ConfigError(where + what); };
  if (layout.height < 1 || layout.width < 1 || layout.height > most || layout.width > most) {
    refuse("a raster of " + std::to_string(layout.height) + " x " + std::to_string(layout.width) +
           " pixels cannot be written");
  }
  if (layout.bands < 1 || layout.bands > 65535) refuse("1 to 65535 bands can be written");
  const auto type = layout.type;
  if (type != at::kByte && type != at::kUInt16 && type != at::kShort && type != at::kFloat) {
    refuse("pixels are uint8, uint16, int16 or float32");
  }
  if (layout.tile < 16 || layout.tile % 16 != 0) {
    refuse("tile is " + std::to_string(layout.tile) + ", it must be a multiple of 16");
  }
  if (!layout.band_names.empty() && std::ssize(layout.band_names) != layout.bands) {
    refuse(counted(std::ssize(layout.band_names), "band name") + " for " + counted(layout.bands, "band"));
  }
  check_compression(layout.compress, where);
  check_classes(layout, where);
  return layout;
}

GDALDatasetUniquePtr create_geotiff(const std::filesystem::path& file, const RasterLayout& layout) {
  GDALDatasetUniquePtr dataset(gdal_driver("GTiff").Create(
      file.c_str(), static_cast<int>(layout.width), static_cast<int>(layout.height),
      static_cast<int>(layout.bands), gdal_type(layout.type), creation_options(layout).List()));
  if (dataset) describe(*dataset, layout);
  return dataset;
}

void add_overviews(const std::filesystem::path& file, const RasterLayout& layout) {
  std::vector<int> factors;
  for (std::int64_t side = std::min(layout.height, layout.width); side >= kSmallestOverview; side /= 2) {
    factors.push_back(factors.empty() ? 2 : 2 * factors.back());
  }
  if (factors.empty()) return;
  const GDALDatasetUniquePtr dataset(
      GDALDataset::Open(file.c_str(), GDAL_OF_RASTER | GDAL_OF_UPDATE | GDAL_OF_VERBOSE_ERROR));
  if (!dataset) return;
  dataset->BuildOverviews(layout.classes.empty() ? "AVERAGE" : "NEAREST", static_cast<int>(factors.size()),
                          factors.data(), 0, nullptr, nullptr, nullptr
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 6, 0)
                          ,
                          nullptr
#endif
  );
}

void write_cog(const std::filesystem::path& from, const std::filesystem::path& to,
               const RasterLayout& layout) {
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(from.c_str(), GDAL_OF_RASTER | GDAL_OF_VERBOSE_ERROR));
  if (!dataset) return;
  CPLStringList options;
  options.SetNameValue("COMPRESS", upper(layout.compress).c_str());
  if (layout.compress != "none") {
    const std::string chosen = predictor(layout);
    options.SetNameValue("PREDICTOR", chosen == "1" ? "NO" : chosen == "2" ? "STANDARD" : "FLOATING_POINT");
  }
  options.SetNameValue("BLOCKSIZE", std::to_string(layout.tile).c_str());
  options.SetNameValue("BIGTIFF", "IF_SAFER");
  options.SetNameValue("NUM_THREADS", "2");
  options.SetNameValue("RESAMPLING", layout.classes.empty() ? "AVERAGE" : "NEAREST");
  options.SetNameValue("OVERVIEW_RESAMPLING", layout.classes.empty() ? "AVERAGE" : "NEAREST");
  if (!layout.overviews) options.SetNameValue("OVERVIEWS", "NONE");
  const GDALDatasetUniquePtr copy(
      gdal_driver("COG").CreateCopy(to.c_str(), dataset.get(), FALSE, options.List(), nullptr, nullptr));
}

}  // namespace nadir
