#include "raster/cell_area.h"

#include <cmath>

#include "raster/gdal.h"
#include "raster/georeference.h"

namespace nadir {

std::optional<double> area_of_pixels(const GeoReference& geo, std::int64_t row, std::int64_t pixels) {
  const std::optional<CellArea> cell = CellArea::of(geo);
  if (!cell) return std::nullopt;
  return cell->of_run(row, 0, 1) * static_cast<double>(pixels);
}

std::optional<CellArea> CellArea::of(const GeoReference& geo) {
  if (geo.crs.empty() || !geo.transform) return std::nullopt;
  const GdalMessages quiet;
  const OGRSpatialReference crs = parse_crs(geo.crs);
  CellArea area(*geo.transform);
  area.geographic_ = crs.IsGeographic() != 0;
  if (!area.geographic_) {
    area.unit_ = crs.GetLinearUnits();
    return area;
  }
  area.unit_ = crs.GetAngularUnits();
  area.semi_major_ = crs.GetSemiMajor();
  const double inverse_flattening = crs.GetInvFlattening();  // 0 for a sphere
  const double flattening = inverse_flattening == 0 ? 0 : 1 / inverse_flattening;
  area.eccentricity2_ = flattening * (2 - flattening);
  return area;
}

// Snyder 1987, "Map projections: a working manual", equation 3-12, halved: the area between the equator and a
// latitude is 2 pi a^2 times this.
double CellArea::authalic(double latitude) const {
  const double sine = std::sin(latitude);
  const double e = std::sqrt(eccentricity2_);
  if (e == 0) return sine;
  return (1 - eccentricity2_) / 2 * (sine / (1 - eccentricity2_ * sine * sine) + std::atanh(e * sine) / e);
}

// One pixel of a row of a north-up raster.
double CellArea::of_geographic_band(std::int64_t row) const {
  const double top = (transform_[3] + static_cast<double>(row) * transform_[5]) * unit_;
  const double bottom = top + transform_[5] * unit_;
  return std::abs(transform_[1] * unit_ * (authalic(top) - authalic(bottom))) * semi_major_ * semi_major_;
}

// In a rotated raster every pixel has its own latitude; the ellipsoid is flat enough over one of them.
double CellArea::of_geographic_pixel(double row, double column) const {
  const double latitude =
      (transform_[3] + (column + 0.5) * transform_[4] + (row + 0.5) * transform_[5]) * unit_;
  const double determinant = transform_[1] * transform_[5] - transform_[2] * transform_[4];
  const double sine = std::sin(latitude);
  const double bend = 1 - eccentricity2_ * sine * sine;
  const double square_radian =
      semi_major_ * semi_major_ * (1 - eccentricity2_) * std::cos(latitude) / (bend * bend);
  return std::abs(determinant) * unit_ * unit_ * square_radian;
}

double CellArea::of_run(std::int64_t row, std::int64_t first, std::int64_t end) const {
  const auto pixels = static_cast<double>(end - first);
  if (!geographic_) {
    return pixels * std::abs(transform_[1] * transform_[5] - transform_[2] * transform_[4]) * unit_ * unit_;
  }
  if (transform_[2] == 0 && transform_[4] == 0) return pixels * of_geographic_band(row);
  double sum = 0;
  for (std::int64_t column = first; column < end; ++column) {
    sum += of_geographic_pixel(static_cast<double>(row), static_cast<double>(column));
  }
  return sum;
}

}  // namespace nadir
