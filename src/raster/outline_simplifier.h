// Outlines of areas with fewer corners, neighbours still sharing their borders.
#pragma once

#include <ogr_geometry.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "raster/gdal.h"

namespace nadir {

// A corner between two pixels.
struct Corner {
  std::int64_t x = 0, y = 0;
  auto operator<=>(const Corner&) const = default;
};
using Line = std::vector<Corner>;

// Douglas and Peucker's method (1973): the ends and the corners that lie further than `tolerance` from the
// line through those that are kept. The same corners stay when the line is turned round.
Line simplified(const Line& line, double tolerance);

class OutlineSimplifier {
 public:
  // labels: the numbers of the areas that the outlines were traced from; they stay alive. tolerance: pixels.
  OutlineSimplifier(GDALRasterBand& labels, const std::optional<std::array<double, 6>>& transform,
                    double tolerance);
  // Each border between two areas is simplified by itself, between the corners where three or more meet, so
  // that both sides of it get the same line. Null for an area that is thinner than the tolerance: its
  // neighbours then touch.
  std::unique_ptr<OGRPolygon> operator()(const OGRPolygon& polygon);

 private:
  Line corners_of(const OGRLinearRing& ring) const;
  std::unique_ptr<OGRLinearRing> ring_of(const Line& corners) const;
  bool is_junction(const std::vector<std::int32_t>& labels, std::size_t i, std::size_t stride) const;
  void add_edge(const Corner& from, const Corner& to, Line& line, std::vector<bool>& junctions);
  Line simplify_ring(const Line& corners);

  GDALRasterBand& labels_;
  std::array<double, 6> transform_, inverse_;
  double tolerance_;
};

}  // namespace nadir
