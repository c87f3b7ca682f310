#include "raster/georeference.h"

#include <cpl_conv.h>

#include <algorithm>
#include <cmath>

#include "raster/gdal.h"

namespace nadir {
namespace {

constexpr double kGridTolerance = 1e-6;  // pixels

bool equivalent(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return a.empty() && b.empty();
  if (a == b) return true;
  const GdalMessages quiet;
  const OGRSpatialReference first = parse_crs(a);
  const OGRSpatialReference second = parse_crs(b);
  return first.IsSame(&second) != 0;
}

using Transform = std::array<double, 6>;

// Both corners and steps of the grids, measured in pixels of the first.
bool same_transform(const Transform& a, const Transform& b) {
  const double determinant = a[1] * a[5] - a[2] * a[4];
  if (determinant == 0 || !std::isfinite(determinant)) return a == b;
  for (std::size_t i = 0; i < 3; ++i) {
    const double x = b[i] - a[i];
    const double y = b[i + 3] - a[i + 3];
    const double columns = (a[5] * x - a[2] * y) / determinant;
    const double rows = (a[1] * y - a[4] * x) / determinant;
    if (!(std::abs(columns) <= kGridTolerance && std::abs(rows) <= kGridTolerance)) return false;
  }
  return true;
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)}); }

bool same_point(const GeoReference::ControlPoint& a, const GeoReference::ControlPoint& b) {
  return std::abs(a.column - b.column) <= kGridTolerance && std::abs(a.row - b.row) <= kGridTolerance &&
         near(a.x, b.x) && near(a.y, b.y) && near(a.z, b.z);
}

bool write_control_points(GDALDataset& dataset, const GeoReference& geo) {
  std::vector<GDAL_GCP> points;
  for (const GeoReference::ControlPoint& point : geo.control_points) {
    // GDAL copies the texts but takes them as mutable.
    points.push_back({const_cast<char*>(point.id.c_str()), const_cast<char*>(""), point.column, point.row,
                      point.x, point.y, point.z});
  }
  const OGRSpatialReference crs =
      geo.control_points_crs.empty() ? OGRSpatialReference() : parse_crs(geo.control_points_crs);
  return dataset.SetGCPs(static_cast<int>(points.size()), points.data(),
                         geo.control_points_crs.empty() ? nullptr : &crs) == CE_None;
}

}  // namespace

std::string to_wkt(const OGRSpatialReference* crs) {
  if (!crs || crs->IsEmpty()) return "";
  const char* const wkt2[] = {"FORMAT=WKT2_2019", nullptr};
  char* text = nullptr;
  if (crs->exportToWkt(&text, wkt2) != OGRERR_NONE) {
    CPLFree(text);
    text = nullptr;
    crs->exportToWkt(&text);
  }
  std::string result = text ? text : "";
  CPLFree(text);
  return result;
}

OGRSpatialReference parse_crs(const std::string& wkt) {
  OGRSpatialReference crs;
  crs.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  const GdalMessages messages;
  if (crs.importFromWkt(wkt.c_str()) != OGRERR_NONE) {
    throw DataError("not a coordinate reference system in WKT: \"" + wkt.substr(0, 80) +
                    (wkt.size() > 80 ? "…" : "") + "\" (" + messages.text() + ")");
  }
  return crs;
}

GeoReference read_georeference(GDALDataset& dataset) {
  GeoReference geo;
  geo.crs = to_wkt(dataset.GetSpatialRef());
  Transform transform{};
  if (dataset.GetGeoTransform(transform.data()) == CE_None) geo.transform = transform;
  const GDAL_GCP* points = dataset.GetGCPs();
  for (int i = 0; i < dataset.GetGCPCount(); ++i) {
    const GDAL_GCP& point = points[i];
    geo.control_points.push_back({point.pszId ? point.pszId : "", point.dfGCPPixel, point.dfGCPLine,
                                  point.dfGCPX, point.dfGCPY, point.dfGCPZ});
  }
  geo.control_points_crs = to_wkt(dataset.GetGCPSpatialRef());
  return geo;
}

bool write_georeference(GDALDataset& dataset, const GeoReference& geo) {
  if (!geo.transform && !geo.control_points.empty()) return write_control_points(dataset, geo);
  if (geo.transform) {
    Transform transform = *geo.transform;
    if (dataset.SetGeoTransform(transform.data()) != CE_None) return false;
  }
  if (geo.crs.empty()) return true;
  const OGRSpatialReference crs = parse_crs(geo.crs);
  return dataset.SetSpatialRef(&crs) == CE_None;
}

bool same_crs(const GeoReference& a, const GeoReference& b) { return equivalent(a.crs, b.crs); }

bool same_grid(const GeoReference& a, const GeoReference& b) {
  if (!same_crs(a, b) || a.transform.has_value() != b.transform.has_value()) return false;
  if (a.transform) return same_transform(*a.transform, *b.transform);
  return equivalent(a.control_points_crs, b.control_points_crs) &&
         std::equal(a.control_points.begin(), a.control_points.end(), b.control_points.begin(),
                    b.control_points.end(), same_point);
}

}  // namespace nadir
