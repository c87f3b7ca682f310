#include "raster/area_mask.h"

#include <ATen/ATen.h>
#include <gdal_alg.h>
#include <ogrsf_frmts.h>

#include <cmath>

#include "core/text.h"
#include "raster/gdal.h"
#include "raster/georeference.h"

namespace nadir {
namespace {

using Transform = std::array<double, 6>;

constexpr Transform kPixels{0, 1, 0, 0, 0, 1};
constexpr double kEdge = 1e-6;  // pixels: a corner that close to a pixel's edge is on it

Transform inverse(const Transform& transform, const std::string& path) {
  Transform result{};
  Transform copy = transform;
  if (!GDALInvGeoTransform(copy.data(), result.data()))
    throw DataError(path + ": its transform cannot be inverted; no area can be found in it");
  return result;
}

Window inside(const RasterInfo& raster, double left, double top, double right, double bottom) {
  const auto low = [](double value) { return static_cast<std::int64_t>(std::floor(value + kEdge)); };
  const auto high = [](double value) { return static_cast<std::int64_t>(std::ceil(value - kEdge)); };
  const double far = 1e9;
  const auto cap = [&](double value) { return std::clamp(value, -far, far); };
  const std::int64_t row = low(cap(top)), column = low(cap(left));
  return intersection({row, column, high(cap(bottom)) - row, high(cap(right)) - column},
                      {0, 0, raster.height, raster.width});
}

// The pixels around the corners of a rectangle of the CRS.
Window pixels_around(const RasterInfo& raster, const Transform& to_pixels, const OGREnvelope& box) {
  OGREnvelope pixels;
  for (const double x : {box.MinX, box.MaxX}) {
    for (const double y : {box.MinY, box.MaxY}) {
      pixels.Merge(to_pixels[0] + x * to_pixels[1] + y * to_pixels[2],
                   to_pixels[3] + x * to_pixels[4] + y * to_pixels[5]);
    }
  }
  return inside(raster, pixels.MinX, pixels.MinY, pixels.MaxX, pixels.MaxY);
}

std::string extent_text(const RasterInfo& raster) {
  const Transform t = raster.geo.transform.value_or(kPixels);
  const auto width = static_cast<double>(raster.width), height = static_cast<double>(raster.height);
  OGREnvelope box;
  for (const double column : {0.0, width}) {
    for (const double row : {0.0, height}) {
      box.Merge(t[0] + column * t[1] + row * t[2], t[3] + column * t[4] + row * t[5]);
    }
  }
  return shortest(box.MinX) + "," + shortest(box.MinY) + "," + shortest(box.MaxX) + "," + shortest(box.MaxY);
}

bool has_area(const OGRGeometry& geometry) {
  const OGRwkbGeometryType type = wkbFlatten(geometry.getGeometryType());
  return type == wkbPolygon || type == wkbMultiPolygon || type == wkbCurvePolygon || type == wkbMultiSurface;
}

}  // namespace

Window window_of_bounds(const RasterInfo& raster, const std::array<double, 4>& bounds) {
  const GdalMessages quiet;
  OGREnvelope box;
  box.Merge(bounds[0], bounds[1]);
  box.Merge(bounds[2], bounds[3]);
  const Transform transform = raster.geo.transform.value_or(kPixels);
  const Window window = pixels_around(raster, inverse(transform, raster.path), box);
  if (!window.empty()) return window;
  throw ConfigError(raster.path + ": the bounds don't meet the raster, which covers " + extent_text(raster) +
                    " (left, bottom, right, top" +
                    (raster.geo.transform ? ", in its CRS)" : ", in pixels: it has no transform)"));
}

class AreaMask::State {
 public:
  State(const std::string& file, const RasterInfo& raster) : path(file), info(raster) {
    const GdalMessages messages;
    if (!raster.geo.transform)
      throw DataError(raster.path + ": has no transform; areas of interest need one");
    to_pixels = inverse(*raster.geo.transform, raster.path);
    const GDALDatasetUniquePtr dataset(
        GDALDataset::Open(file.c_str(), GDAL_OF_VECTOR | GDAL_OF_VERBOSE_ERROR));
    if (!dataset) throw DataError(file + ": cannot be read as polygons: " + messages.text());
    for (int i = 0; i < dataset->GetLayerCount(); ++i) take(*dataset->GetLayer(i));
    if (geometries.empty()) throw DataError(file + ": holds no polygons");
    OGREnvelope box;
    for (const auto& each : geometries) {
      OGREnvelope own;
      each->getEnvelope(&own);
      box.Merge(own);
    }
    extent = pixels_around(raster, to_pixels, box);
    if (extent.empty()) {
      throw DataError(file + ": none of its polygons meets " + raster.path + ", which covers " +
                      extent_text(raster) + " (left, bottom, right, top, in its CRS)");
    }
  }

  void take(OGRLayer& layer) {
    std::unique_ptr<OGRCoordinateTransformation> change = transformation(layer);
    for (const auto& feature : layer) {
      const OGRGeometry* const geometry = feature->GetGeometryRef();
      if (!geometry || !has_area(*geometry)) continue;
      std::unique_ptr<OGRGeometry> own(geometry->getLinearGeometry());
      if (change && own->transform(change.get()) != OGRERR_NONE)
        throw DataError(path + ": a polygon cannot be brought onto the CRS of " + info.path);
      geometries.push_back(std::move(own));
    }
  }

  std::unique_ptr<OGRCoordinateTransformation> transformation(OGRLayer& layer) const {
    const OGRSpatialReference* const from = layer.GetSpatialRef();
    if (!from || info.geo.crs.empty()) return nullptr;
    OGRSpatialReference source(*from);
    source.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    const OGRSpatialReference target = parse_crs(info.geo.crs);
    if (source.IsSame(&target)) return nullptr;
    std::unique_ptr<OGRCoordinateTransformation> change(OGRCreateCoordinateTransformation(&source, &target));
    if (!change) throw DataError(path + ": its CRS cannot be changed to that of " + info.path);
    return change;
  }

  std::string path;
  RasterInfo info;
  Transform to_pixels{};
  std::vector<std::unique_ptr<OGRGeometry>> geometries;
  Window extent;
};

AreaMask::AreaMask(const std::string& file, const RasterInfo& raster)
    : state_(std::make_unique<State>(file, raster)) {}
AreaMask::~AreaMask() = default;

const Window& AreaMask::extent() const { return state_->extent; }

at::Tensor AreaMask::read(const Window& window) const {
  at::Tensor mask = at::zeros({window.height, window.width}, at::kByte);
  const GdalMessages messages;
  GDALDatasetUniquePtr dataset(gdal_driver("MEM").Create(
      "", static_cast<int>(window.width), static_cast<int>(window.height), 0, GDT_Byte, nullptr));
  const std::string pointer = std::to_string(reinterpret_cast<std::uintptr_t>(mask.data_ptr()));
  const std::string option = "DATAPOINTER=" + pointer;
  const char* const options[] = {option.c_str(), nullptr};
  Transform transform = *state_->info.geo.transform;
  const auto column = static_cast<double>(window.column), row = static_cast<double>(window.row);
  transform[0] += column * transform[1] + row * transform[2];
  transform[3] += column * transform[4] + row * transform[5];
  std::vector<OGRGeometryH> shapes;
  for (const auto& each : state_->geometries) shapes.push_back(OGRGeometry::ToHandle(each.get()));
  const std::vector<double> burn(shapes.size(), 1.0);
  int band = 1;
  const bool done = dataset && dataset->AddBand(GDT_Byte, const_cast<char**>(options)) == CE_None &&
                    dataset->SetGeoTransform(transform.data()) == CE_None &&
                    GDALRasterizeGeometries(GDALDataset::ToHandle(dataset.get()), 1, &band,
                                            static_cast<int>(shapes.size()), shapes.data(), nullptr, nullptr,
                                            burn.data(), nullptr, nullptr, nullptr) == CE_None;
  if (!done) throw DataError(state_->path + ": cannot be drawn: " + messages.text());
  dataset->FlushCache(true);
  const at::Tensor inside = mask.to(at::kBool);
  return inside.all().item<bool>() ? at::Tensor() : inside;
}

}  // namespace nadir
