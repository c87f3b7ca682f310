#include "raster/polygon_file.h"

#include <cpl_string.h>

#include "raster/georeference.h"

namespace nadir {
namespace {

constexpr std::int64_t kFeaturesPerTransaction = 20000;

std::string format_of(const std::filesystem::path& output) {
  const std::string suffix = output.extension().string();
  if (suffix == ".gpkg") return "GPKG";
  if (suffix == ".geojson" || suffix == ".json") return "GeoJSON";
  if (suffix == ".fgb") return "FlatGeobuf";
  throw ConfigError(output.string() + ": unknown format \"" + suffix +
                    "\" for polygons; use .gpkg, .geojson or .fgb");
}

void set_or_null(OGRFeature& feature, const char* field, const std::optional<double>& value) {
  if (value) {
    feature.SetField(field, *value);
  } else {
    feature.SetFieldNull(feature.GetFieldIndex(field));
  }
}

}  // namespace

PolygonFile::PolygonFile(const std::filesystem::path& output, const std::string& layer,
                         const GeoReference& geo)
    : output_(output), temporary_(output) {
  const GdalMessages messages;
  create(format_of(output), layer, geo);
  if (!layer_ || messages.failed()) fail(messages);
}

void PolygonFile::create(const std::string& format, const std::string& layer, const GeoReference& geo) {
  dataset_.reset(gdal_driver(format).Create(temporary_.path().c_str(), 0, 0, 0, GDT_Unknown, nullptr));
  if (!dataset_) return;
  reprojects_ = format == "GeoJSON" && !geo.crs.empty();
  CPLStringList options;
  if (format == "GeoJSON") options.SetNameValue("RFC7946", "YES");
  OGRSpatialReference crs = geo.crs.empty() ? OGRSpatialReference() : parse_crs(geo.crs);
  layer_ = dataset_->CreateLayer(layer.c_str(), geo.crs.empty() ? nullptr : &crs, wkbPolygon, options.List());
  if (!layer_) return;
  for (const auto& [name, type] : {std::pair{"class", OFTString}, std::pair{"value", OFTInteger},
                                   std::pair{"area_m2", OFTReal}, std::pair{"mean_probability", OFTReal}}) {
    OGRFieldDefn field(name, type);
    layer_->CreateField(&field);
  }
  if (layer_->StartTransaction() != OGRERR_NONE) layer_ = nullptr;
}

PolygonFile::~PolygonFile() {
  const GdalMessages quiet;
  dataset_.reset();
}

void PolygonFile::fail(const GdalMessages& messages) {
  const std::string why = why_not_written(messages, output_.parent_path());
  layer_ = nullptr;
  dataset_.reset();  // while its last words are caught
  throw DataError(output_.string() + ": " + why + what_stays(output_));
}

void PolygonFile::add(const OGRGeometry& polygon, const PolygonAttributes& attributes) {
  const GdalMessages messages;
  OGRFeature feature(layer_->GetLayerDefn());
  feature.SetField("class", attributes.name.c_str());
  feature.SetField("value", attributes.value);
  set_or_null(feature, "area_m2", attributes.square_metres);
  set_or_null(feature, "mean_probability", attributes.mean_probability);
  feature.SetGeometry(&polygon);
  if (layer_->CreateFeature(&feature) != OGRERR_NONE || messages.failed()) fail(messages);
  ++written_;
  if (++uncommitted_ < kFeaturesPerTransaction) return;
  uncommitted_ = 0;
  if (layer_->CommitTransaction() != OGRERR_NONE || layer_->StartTransaction() != OGRERR_NONE) fail(messages);
}

// GDAL's GeoJSON and FlatGeobuf drivers do not notice that the disk is full; its GeoPackage driver does.
bool PolygonFile::reads_back(const GdalMessages& messages) const {
  if (temporary_.path().extension() == ".gpkg") return true;
  const GDALDatasetUniquePtr written(
      GDALDataset::Open(temporary_.path().c_str(), GDAL_OF_VECTOR | GDAL_OF_VERBOSE_ERROR));
  if (!written || written->GetLayerCount() != 1) return false;
  std::int64_t polygons = 0;
  for (const auto& feature : *written->GetLayer(0)) polygons += feature->GetGeometryRef() ? 1 : 0;
  return polygons == written_ && !messages.failed();
}

void PolygonFile::finish() {
  {
    const GdalMessages messages;
    const bool committed = layer_->CommitTransaction() == OGRERR_NONE;
    layer_ = nullptr;
    dataset_.reset();
    if (!committed || messages.failed() || !reads_back(messages)) fail(messages);
  }
  temporary_.commit();
}

}  // namespace nadir
