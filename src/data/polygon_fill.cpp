#include "data/polygon_fill.h"

#include <cmath>

#include "core/text.h"

namespace nadir {
namespace {

// Columns where the ring crosses the line of the row's centres, rising.
std::vector<double> crossings(const std::vector<PolygonPoint>& ring, double y) {
  std::vector<double> found;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const PolygonPoint& a = ring[i];
    const PolygonPoint& b = ring[(i + 1) % ring.size()];
    if ((a.y <= y) == (b.y <= y)) continue;
    found.push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
  }
  std::sort(found.begin(), found.end());
  return found;
}

// The first column whose centre is at x or right of it, within the line.
std::int64_t column_from(double x, std::int64_t width) {
  return static_cast<std::int64_t>(std::clamp(std::ceil(x - 0.5), 0.0, static_cast<double>(width)));
}

}  // namespace

void fill_polygon(const std::vector<PolygonPoint>& ring, std::uint8_t value, torch::Tensor& mask) {
  const std::int64_t height = mask.size(0), width = mask.size(1);
  const auto [least, most] =
      std::minmax_element(ring.begin(), ring.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  const std::int64_t first = column_from(least->y, height), end = column_from(most->y, height);
  auto* line = mask.mutable_data_ptr<std::uint8_t>() + first * width;
  for (std::int64_t row = first; row < end; ++row, line += width) {
    const std::vector<double> edges = crossings(ring, static_cast<double>(row) + 0.5);
    for (std::size_t i = 0; i + 1 < edges.size(); i += 2) {
      std::fill(line + column_from(edges[i], width), line + column_from(edges[i + 1], width), value);
    }
  }
}

std::string ring_fault(const std::vector<PolygonPoint>& ring) {
  if (ring.size() < 3) {
    return "has " + counted(static_cast<std::int64_t>(ring.size()), "point") +
           ", and a polygon three or more";
  }
  double area = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const PolygonPoint& a = ring[i];
    const PolygonPoint& b = ring[(i + 1) % ring.size()];
    if (!std::isfinite(a.x) || !std::isfinite(a.y)) return "has a point that is not finite";
    area += a.x * b.y - b.x * a.y;
  }
  const bool crossing = ring.size() > 3;  // a figure of eight has no area by this sum, and has pixels
  return area == 0 && !crossing ? "has no area" : "";
}

}  // namespace nadir
