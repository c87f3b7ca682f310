// How many square metres a raster's pixels cover.
#pragma once

#include <optional>

#include "nadir/raster.h"

namespace nadir {

class CellArea {
 public:
  // Nothing without a CRS or a transform. Projected: the plane's area; geographic: the ellipsoid's.
  static std::optional<CellArea> of(const GeoReference& geo);

  // Of the pixels first .. end-1 of a row, in m2.
  double of_run(std::int64_t row, std::int64_t first, std::int64_t end) const;

 private:
  explicit CellArea(const std::array<double, 6>& transform) : transform_(transform) {}
  double of_geographic_pixel(double row, double column) const;
  double of_geographic_band(std::int64_t row) const;
  double authalic(double latitude) const;

  std::array<double, 6> transform_;
  double unit_ = 1;  // metres, or radians, in a unit of the CRS
  bool geographic_ = false;
  double semi_major_ = 0;     // m
  double eccentricity2_ = 0;  // squared
};

}  // namespace nadir
