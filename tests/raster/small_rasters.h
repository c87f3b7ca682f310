// Small rasters for tests, written by nadir itself or, where nadir writes no such thing, by GDAL.
#pragma once

#include <ATen/ATen.h>
#include <gdal_priv.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "nadir/raster.h"

namespace nadir::testing {

inline const char* const kUtm25South =
    R"(PROJCS["WGS 84 / UTM zone 25S",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],)"
    R"(PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]],)"
    R"(PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",-33],)"
    R"(PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",10000000],)"
    R"(UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","32725"]])";

inline const char* const kWgs84 =
    R"(GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],)"
    R"(UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]])";

inline GeoReference utm(double pixel = 10) {
  GeoReference geo;
  geo.crs = kUtm25South;
  geo.transform = {{288776, pixel, 0, 9120760, 0, -pixel}};
  return geo;
}

inline Window whole(const RasterInfo& info) { return {0, 0, info.height, info.width}; }

// pixels: [bands, H, W]; the layout's size, bands and type follow from it.
inline std::string write(const std::filesystem::path& path, const at::Tensor& pixels,
                         RasterLayout layout = {}) {
  layout.bands = pixels.size(0);
  layout.height = pixels.size(1);
  layout.width = pixels.size(2);
  layout.type = pixels.scalar_type();
  RasterWriter writer(path, layout);
  writer.write({0, 0, layout.height, layout.width}, pixels);
  writer.finish();
  return path.string();
}

// A GeoTIFF of any of GDAL's types, made by GDAL; values are float64 [bands, H, W].
inline GDALDatasetUniquePtr make_with_gdal(const std::filesystem::path& path, GDALDataType type,
                                           const at::Tensor& values,
                                           const std::vector<const char*>& options = {}) {
  GDALAllRegister();
  std::vector<const char*> list = options;
  list.push_back(nullptr);
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
  const auto size = [&](int i) { return static_cast<int>(values.size(i)); };
  GDALDatasetUniquePtr dataset(
      driver->Create(path.c_str(), size(2), size(1), size(0), type, const_cast<char**>(list.data())));
  const at::Tensor doubles = values.to(at::kDouble).contiguous();
  if (dataset->RasterIO(GF_Write, 0, 0, size(2), size(1), doubles.data_ptr(), size(2), size(1), GDT_Float64,
                        size(0), nullptr, 0, 0, 0, nullptr) != CE_None) {
    throw std::runtime_error("GDAL could not write " + path.string());
  }
  return dataset;
}

// What the call throws, or "" when it throws no `E`.
template <class E, class Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// at::equal knows no uint16.
inline bool same_pixels(const at::Tensor& a, const at::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         a.to(at::kDouble).equal(b.to(at::kDouble));
}

}  // namespace nadir::testing
