#include "raster/vector_layer.h"

#include <ATen/ATen.h>
#include <cpl_string.h>
#include <gdal_alg.h>
#include <ogrsf_frmts.h>

#include <algorithm>
#include <optional>

#include "core/text.h"
#include "raster/gdal.h"
#include "raster/georeference.h"

namespace nadir {
namespace {

constexpr std::size_t kListedProblems = 10;  // problems in a message, at most
constexpr int kEdgePoints = 21;              // of a window's border, when it is reprojected

GDALDatasetUniquePtr open_vectors(const std::string& path) {
  const GdalMessages messages;
  GDALDatasetUniquePtr dataset(
      GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR));
  if (dataset) return dataset;
  std::error_code ignored;
  if (!path.starts_with("/vsi") && !std::filesystem::exists(path, ignored)) {
    throw DataError(path + ": no such file; check the path");
  }
  throw DataError(path + ": cannot be opened as polygons: " + messages.text() +
                  "; expected GeoPackage, GeoJSON, Shapefile or alike");
}

OGRLayer& find_layer(GDALDataset& dataset, const VectorLayerOptions& options) {
  std::vector<std::string> names;
  for (OGRLayer* layer : dataset.GetLayers()) names.emplace_back(layer->GetName());
  if (names.empty()) throw DataError(options.path + ": has no layers");
  if (options.layer.empty() && names.size() == 1) return *dataset.GetLayer(0);
  OGRLayer* found = options.layer.empty() ? nullptr : dataset.GetLayerByName(options.layer.c_str());
  if (found) return *found;
  if (options.layer.empty()) {
    throw DataError(options.path + ": has several layers: " + join_words(names) + "; choose one with layer");
  }
  throw DataError(options.path + ": has no layer '" + options.layer + "'; it has " + join_words(names));
}

// The attribute's column, -1 when all features have one label.
int find_attribute(OGRLayer& layer, const VectorLayerOptions& options) {
  if (options.attribute.empty()) return -1;
  const OGRFeatureDefn& definition = *layer.GetLayerDefn();
  const int column = definition.GetFieldIndex(options.attribute.c_str());
  if (column >= 0) return column;
  std::vector<std::string> names;
  for (int i = 0; i < definition.GetFieldCount(); ++i)
    names.emplace_back(definition.GetFieldDefn(i)->GetNameRef());
  throw DataError(options.path + ": its features have no attribute '" + options.attribute + "'; they have " +
                  (names.empty() ? "none" : join_words(names)));
}

// GeoPackages write down that they do not know.
bool is_known(const OGRSpatialReference* crs) {
  return crs && !crs->IsEmpty() && crs->GetName() && !std::string(crs->GetName()).starts_with("Undefined");
}

OGRSpatialReference crs_of(OGRLayer& layer, const VectorLayerOptions& options) {
  OGRSpatialReference crs;
  const GdalMessages messages;
  if (is_known(layer.GetSpatialRef())) {
    crs = *layer.GetSpatialRef();
  } else if (options.crs.empty()) {
    throw DataError(options.path +
                    ": has no CRS, so that its polygons have no place on the image; add one (a Shapefile's "
                    "is in its .prj file), or give it with polygons_crs: EPSG:…");
  } else if (crs.SetFromUserInput(options.crs.c_str()) != OGRERR_NONE) {
    throw DataError(options.path + ": its CRS was given as '" + options.crs +
                    "', which GDAL does not understand: " + messages.text());
  }
  crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return crs;
}

bool is_polygon(const OGRGeometry& geometry) {
  const OGRwkbGeometryType type = wkbFlatten(geometry.getGeometryType());
  return type == wkbPolygon || type == wkbMultiPolygon || type == wkbCurvePolygon || type == wkbMultiSurface;
}

struct TransformDeleter {
  void operator()(OGRCoordinateTransformation* each) const { OGRCoordinateTransformation::DestroyCT(each); }
};
using TransformPtr = std::unique_ptr<OGRCoordinateTransformation, TransformDeleter>;

// Between the polygons' CRS and a raster's; null where they are the same.
struct Route {
  TransformPtr to_raster, to_polygons;
};

struct Labelled {
  GIntBig number = 0;
  std::uint8_t label = 0;
  OGRGeometryUniquePtr geometry;
};

OGREnvelope ground_box(const std::array<double, 6>& t, const Window& window) {
  OGREnvelope box;
  for (const auto row : {window.row, window.bottom()}) {
    for (const auto column : {window.column, window.right()}) {
      const auto i = static_cast<double>(row);
      const auto j = static_cast<double>(column);
      box.Merge(t[0] + j * t[1] + i * t[2], t[3] + j * t[4] + i * t[5]);
    }
  }
  return box;
}

}  // namespace

class VectorLayer::State {
 public:
  explicit State(VectorLayerOptions all_options)
      : options(std::move(all_options)),
        dataset(open_vectors(options.path)),
        layer(&find_layer(*dataset, options)),
        attribute(find_attribute(*layer, options)),
        crs(crs_of(*layer, options)) {}

  // The label of a feature, or what is wrong with it.
  std::optional<std::uint8_t> label_of(const OGRFeature& feature, std::string& problem) const;
  std::string problem_of(const OGRFeature& feature) const;
  const Route& route_to(const GeoReference& geo);
  std::vector<Labelled> within(const OGREnvelope& box, const Route& route, int only);

  VectorLayerOptions options;
  GDALDatasetUniquePtr dataset;
  OGRLayer* layer;
  int attribute;
  OGRSpatialReference crs;
  std::map<std::string, Route> routes;  // by the raster's CRS
};

std::optional<std::uint8_t> VectorLayer::State::label_of(const OGRFeature& feature,
                                                         std::string& problem) const {
  if (attribute < 0) return options.all;
  if (!feature.IsFieldSetAndNotNull(attribute)) {
    problem = "has no value of '" + options.attribute + "'";
    return std::nullopt;
  }
  const std::string value = feature.GetFieldAsString(attribute);
  if (const auto found = options.labels.find(value); found != options.labels.end()) return found->second;
  problem = "has " + options.attribute + " = '" + value + "', which is no class";
  return std::nullopt;
}

std::string VectorLayer::State::problem_of(const OGRFeature& feature) const {
  const OGRGeometry* geometry = feature.GetGeometryRef();
  if (!geometry || geometry->IsEmpty()) return "has no geometry";
  if (!is_polygon(*geometry)) return std::string("is a ") + geometry->getGeometryName() + ", not a polygon";
  if (!options.repair) {
    const GdalMessages messages;
    if (!geometry->IsValid()) return "has a broken ring: " + messages.text();
  }
  std::string problem;
  label_of(feature, problem);
  return problem;
}

const Route& VectorLayer::State::route_to(const GeoReference& geo) {
  if (const auto found = routes.find(geo.crs); found != routes.end()) return found->second;
  Route route;
  const OGRSpatialReference target = parse_crs(geo.crs);
  if (!crs.IsSame(&target)) {
    const GdalMessages messages;
    route.to_raster.reset(OGRCreateCoordinateTransformation(&crs, &target));
    route.to_polygons.reset(OGRCreateCoordinateTransformation(&target, &crs));
    if (!route.to_raster || !route.to_polygons) {
      throw DataError(options.path +
                      ": its polygons cannot be brought to the image's CRS: " + messages.text());
    }
  }
  return routes.emplace(geo.crs, std::move(route)).first->second;
}

// The features that may touch the box (in the polygons' CRS), in the raster's CRS, by number.
std::vector<Labelled> VectorLayer::State::within(const OGREnvelope& box, const Route& route, int only) {
  layer->SetSpatialFilterRect(box.MinX, box.MinY, box.MaxX, box.MaxY);
  layer->ResetReading();
  std::vector<Labelled> found;
  for (const OGRFeatureUniquePtr& feature : *layer) {
    const OGRGeometry* geometry = feature->GetGeometryRef();
    std::string problem = geometry ? "" : "has no geometry";
    const std::optional<std::uint8_t> label = label_of(*feature, problem);
    if (!problem.empty()) {
      throw DataError(options.path + ": feature " + std::to_string(feature->GetFID()) + " " + problem);
    }
    if (only >= 0 && *label != only) continue;
    OGRGeometryUniquePtr shape(geometry->getLinearGeometry());
    if (options.repair && !shape->IsValid()) shape.reset(shape->MakeValid());
    if (shape && route.to_raster && shape->transform(route.to_raster.get()) != OGRERR_NONE) {
      throw DataError(options.path + ": feature " + std::to_string(feature->GetFID()) +
                      " cannot be brought to the image's CRS");
    }
    if (!shape)
      throw DataError(options.path + ": feature " + std::to_string(feature->GetFID()) +
                      " cannot be repaired");
    shape->assignSpatialReference(nullptr);
    found.push_back({feature->GetFID(), *label, std::move(shape)});
  }
  std::sort(found.begin(), found.end(),
            [](const Labelled& a, const Labelled& b) { return a.number < b.number; });
  return found;
}

VectorLayer::VectorLayer(VectorLayerOptions options) : state_(std::make_unique<State>(std::move(options))) {}
VectorLayer::~VectorLayer() = default;
VectorLayer::VectorLayer(VectorLayer&&) noexcept = default;
VectorLayer& VectorLayer::operator=(VectorLayer&&) noexcept = default;

void VectorLayer::check() const {
  const VectorLayerOptions& options = state_->options;
  std::vector<std::string> problems;
  std::int64_t total = 0;
  {
    const GdalMessages messages;
    state_->layer->SetSpatialFilter(nullptr);
    state_->layer->ResetReading();
    for (const OGRFeatureUniquePtr& feature : *state_->layer) {
      const std::string problem = state_->problem_of(*feature);
      if (problem.empty()) continue;
      if (++total > static_cast<std::int64_t>(kListedProblems)) continue;
      problems.push_back("feature " + std::to_string(feature->GetFID()) + " " + problem);
    }
    if (messages.failed()) throw DataError(options.path + ": cannot be read: " + messages.text());
  }
  if (total == 0) return;
  if (total > static_cast<std::int64_t>(kListedProblems)) {
    problems.push_back(with_thousands(total - static_cast<std::int64_t>(kListedProblems)) + " more");
  }
  std::vector<std::string> allowed;
  for (const auto& [value, label] : options.labels) allowed.push_back(value);
  throw DataError(options.path + ": " + join_words(problems) +
                  (allowed.empty() ? "" : ". Values that stand for a class: " + join_words(allowed)) +
                  ". Mend the file; crossing and open rings are mended with repair: true");
}

at::Tensor VectorLayer::burn(const GeoReference& geo, const Window& window, std::uint8_t background,
                             int only) const {
  at::Tensor labels = at::full({window.height, window.width}, background, at::kByte);
  if (!geo.transform || geo.crs.empty()) {
    throw DataError(state_->options.path + ": its polygons need an image with a CRS and a transform");
  }
  const GdalMessages messages;
  const Route& route = state_->route_to(geo);
  OGREnvelope box = ground_box(*geo.transform, window);
  if (route.to_polygons) {
    OGREnvelope there;
    if (!route.to_polygons->TransformBounds(box.MinX, box.MinY, box.MaxX, box.MaxY, &there.MinX, &there.MinY,
                                            &there.MaxX, &there.MaxY, kEdgePoints)) {
      throw DataError(state_->options.path + ": the image's " + to_string(window) +
                      " cannot be found in the polygons' CRS: " + messages.text());
    }
    box = there;
  }
  const std::vector<Labelled> found = state_->within(box, route, only);
  if (found.empty()) return labels;
  std::array<double, 6> transform = *geo.transform;
  transform[0] +=
      static_cast<double>(window.column) * transform[1] + static_cast<double>(window.row) * transform[2];
  transform[3] +=
      static_cast<double>(window.column) * transform[4] + static_cast<double>(window.row) * transform[5];
  const auto height = static_cast<int>(window.height);
  const auto width = static_cast<int>(window.width);
  const GDALDatasetUniquePtr memory(gdal_driver("MEM").Create("", width, height, 1, GDT_Byte, nullptr));
  GDALRasterBand& band = *memory->GetRasterBand(1);
  std::vector<OGRGeometryH> shapes;
  std::vector<double> values;
  for (const Labelled& each : found) {
    shapes.push_back(OGRGeometry::ToHandle(each.geometry.get()));
    values.push_back(each.label);
  }
  CPLStringList options;
  if (state_->options.all_touched) options.SetNameValue("ALL_TOUCHED", "TRUE");
  int first_band = 1;
  const bool burnt = memory->SetGeoTransform(transform.data()) == CE_None &&
                     band.Fill(background) == CE_None &&
                     GDALRasterizeGeometries(GDALDataset::ToHandle(memory.get()), 1, &first_band,
                                             static_cast<int>(shapes.size()), shapes.data(), nullptr, nullptr,
                                             values.data(), options.List(), nullptr, nullptr) == CE_None &&
                     band.RasterIO(GF_Read, 0, 0, width, height, labels.mutable_data_ptr(), width, height,
                                   GDT_Byte, 0, 0, nullptr) == CE_None;
  if (!burnt) {
    throw DataError(state_->options.path + ": its polygons cannot be drawn on " + to_string(window) + ": " +
                    messages.text());
  }
  return labels;
}

}  // namespace nadir
