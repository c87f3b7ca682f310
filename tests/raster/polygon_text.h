// Small polygon files for tests, on the grid of small_rasters.h.
#pragma once

#include <gdal_utils.h>
#include <ogrsf_frmts.h>

#include <string>
#include <vector>

#include "raster/small_rasters.h"

namespace nadir::testing {

struct PolygonText {
  std::string name;  // of its class; "": null
  std::string ring;  // GeoJSON coordinates: ring_of, box
};

// (column, row) corners on the grid utm(10), as a closed ring in EPSG:32725.
inline std::string ring_of(std::vector<std::pair<double, double>> corners) {
  const std::array<double, 6> t = *utm(10).transform;
  corners.push_back(corners.front());
  std::string text;
  for (const auto& [column, row] : corners) {
    text += (text.empty() ? "[" : ",[") + std::to_string(t[0] + column * t[1]) + "," +
            std::to_string(t[3] + row * t[5]) + "]";
  }
  return "[" + text + "]";
}
// Columns left .. right, rows top .. bottom.
inline std::string box(double left, double top, double right, double bottom) {
  return ring_of({{left, top}, {right, top}, {right, bottom}, {left, bottom}});
}

// A GeoJSON file with the attribute "class".
inline std::string write_polygon_file(const std::filesystem::path& path,
                                      const std::vector<PolygonText>& polygons) {
  GDALAllRegister();
  std::string features;
  for (std::size_t i = 0; i < polygons.size(); ++i) {
    const std::string value = polygons[i].name.empty() ? "null" : "\"" + polygons[i].name + "\"";
    features += std::string(i > 0 ? "," : "") + R"({"type":"Feature","id":)" + std::to_string(i) +
                R"(,"properties":{"class":)" + value + R"(},"geometry":{"type":"Polygon","coordinates":[)" +
                polygons[i].ring + "]}}";
  }
  std::ofstream(path)
      << R"({"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32725"}},)"
      << R"("features":[)" << features << "]}";
  return path.string();
}

// The same polygons in another CRS and, by its suffix, another format.
inline void reproject_polygon_file(const std::string& from, const std::string& to, const std::string& crs) {
  const GDALDatasetUniquePtr source(GDALDataset::Open(from.c_str(), GDAL_OF_VECTOR));
  std::vector<std::string> words = {"-t_srs", crs};
  if (to.ends_with(".geojson")) words.insert(words.end(), {"-lco", "RFC7946=NO"});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  GDALVectorTranslateOptions* options = GDALVectorTranslateOptionsNew(arguments.data(), nullptr);
  GDALDatasetH input = GDALDataset::ToHandle(source.get());
  GDALClose(GDALVectorTranslate(to.c_str(), nullptr, 1, &input, options, nullptr));
  GDALVectorTranslateOptionsFree(options);
}

}  // namespace nadir::testing
