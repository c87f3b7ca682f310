// A file of polygons being written under a temporary name: GeoPackage, GeoJSON or FlatGeobuf.
#pragma once

#include <ogrsf_frmts.h>

#include <filesystem>
#include <optional>
#include <string>

#include "core/temporary.h"
#include "nadir/raster.h"
#include "raster/gdal.h"

namespace nadir {

struct PolygonAttributes {
  std::string name;  // of the class
  std::int32_t value = 0;
  std::optional<double> square_metres;
  std::optional<double> mean_probability;
};

class PolygonFile {
 public:
  // Throws ConfigError for a suffix that is no known format, DataError when the file cannot be made.
  PolygonFile(const std::filesystem::path& output, const std::string& layer, const GeoReference& geo);
  ~PolygonFile();
  PolygonFile(const PolygonFile&) = delete;
  PolygonFile& operator=(const PolygonFile&) = delete;

  // GeoJSON is longitude and latitude on WGS 84 by its standard (RFC 7946), whatever the raster's CRS.
  bool reprojects() const { return reprojects_; }
  void add(const OGRGeometry& polygon, const PolygonAttributes& attributes);
  // Closes and renames.
  void finish();

 private:
  void create(const std::string& format, const std::string& layer, const GeoReference& geo);
  [[noreturn]] void fail(const GdalMessages& messages);
  bool reads_back(const GdalMessages& messages) const;

  std::filesystem::path output_;
  TemporaryFile temporary_;
  GDALDatasetUniquePtr dataset_;
  OGRLayer* layer_ = nullptr;
  bool reprojects_ = false;
  std::int64_t written_ = 0;
  std::int64_t uncommitted_ = 0;
};

}  // namespace nadir
