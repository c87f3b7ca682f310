#include "raster/outline_simplifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "nadir/error.h"

namespace nadir {
namespace {

// Distance of a corner from the segment, or from the point where both ends are one.
double distance(const Corner& corner, const Corner& from, const Corner& to) {
  const auto dx = static_cast<double>(to.x - from.x), dy = static_cast<double>(to.y - from.y);
  const auto px = static_cast<double>(corner.x - from.x), py = static_cast<double>(corner.y - from.y);
  const double length2 = dx * dx + dy * dy;
  const double along = length2 == 0 ? 0 : std::clamp((px * dx + py * dy) / length2, 0.0, 1.0);
  return std::hypot(px - along * dx, py - along * dy);
}

std::size_t farthest(const Line& line, std::size_t first, std::size_t last) {
  std::size_t best = first + 1;
  double most = -1;
  for (std::size_t i = first + 1; i < last; ++i) {
    const double away = distance(line[i], line[first], line[last]);
    if (away > most) {
      most = away;
      best = i;
    }
  }
  return best;
}

// Both neighbours walk a border in opposite directions.
bool is_turned(const Line& line) {
  for (std::size_t i = 0, k = line.size(); i < k--; ++i) {
    if (line[i] != line[k]) return line[k] < line[i];
  }
  return false;
}

double twice_area(const Line& ring) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < ring.size(); ++i) {
    sum += static_cast<double>(ring[i].x * ring[i + 1].y - ring[i + 1].x * ring[i].y);
  }
  return std::abs(sum);
}

}  // namespace

Line simplified(const Line& given, double tolerance) {
  if (given.size() < 3) return given;
  const bool turned = is_turned(given);
  Line line = given;
  if (turned) std::reverse(line.begin(), line.end());
  std::vector<bool> keep(line.size(), false);
  keep.front() = keep.back() = true;
  std::vector<std::pair<std::size_t, std::size_t>> spans{{0, line.size() - 1}};
  if (line.front() == line.back()) {
    // A ring has no direction to measure from: its farthest corner stays.
    const std::size_t middle = farthest(line, 0, line.size() - 1);
    keep[middle] = true;
    spans = {{0, middle}, {middle, line.size() - 1}};
  }
  while (!spans.empty()) {
    const auto [first, last] = spans.back();
    spans.pop_back();
    if (last - first < 2) continue;
    const std::size_t middle = farthest(line, first, last);
    if (distance(line[middle], line[first], line[last]) <= tolerance) continue;
    keep[middle] = true;
    spans.emplace_back(first, middle);
    spans.emplace_back(middle, last);
  }
  Line result;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (keep[i]) result.push_back(line[i]);
  }
  if (turned) std::reverse(result.begin(), result.end());
  return result;
}

OutlineSimplifier::OutlineSimplifier(GDALRasterBand& labels,
                                     const std::optional<std::array<double, 6>>& transform, double tolerance)
    : labels_(labels),
      transform_(transform.value_or(std::array<double, 6>{0, 1, 0, 0, 0, 1})),
      tolerance_(tolerance) {
  if (!GDALInvGeoTransform(transform_.data(), inverse_.data()))
    throw DataError("a transform that cannot be inverted has no outlines to simplify");
}

Line OutlineSimplifier::corners_of(const OGRLinearRing& ring) const {
  Line corners;
  for (int i = 0; i < ring.getNumPoints(); ++i) {
    const double x = ring.getX(i), y = ring.getY(i);
    corners.push_back({std::llround(inverse_[0] + x * inverse_[1] + y * inverse_[2]),
                       std::llround(inverse_[3] + x * inverse_[4] + y * inverse_[5])});
  }
  return corners;
}

std::unique_ptr<OGRLinearRing> OutlineSimplifier::ring_of(const Line& corners) const {
  auto ring = std::make_unique<OGRLinearRing>();
  for (const Corner& each : corners) {
    const auto x = static_cast<double>(each.x), y = static_cast<double>(each.y);
    ring->addPoint(transform_[0] + x * transform_[1] + y * transform_[2],
                   transform_[3] + x * transform_[4] + y * transform_[5]);
  }
  return ring;
}

// Whether three areas or more meet, or two that touch across it. labels[i], labels[i + 1] and those a stride
// on are the four pixels around the corner.
bool OutlineSimplifier::is_junction(const std::vector<std::int32_t>& labels, std::size_t i,
                                    std::size_t stride) const {
  const std::int32_t a = labels[i], b = labels[i + 1], c = labels[i + stride], d = labels[i + stride + 1];
  if (a == d && b == c) return a != b;
  std::array<std::int32_t, 4> around{a, b, c, d};
  std::sort(around.begin(), around.end());
  return std::unique(around.begin(), around.end()) - around.begin() > 2;
}

// The corners after `from` up to `to` where the outline turns or areas meet; the edge is level or upright.
void OutlineSimplifier::add_edge(const Corner& from, const Corner& to, Line& line,
                                 std::vector<bool>& junctions) {
  const Corner low = std::min(from, to), high = std::max(from, to);
  const std::int64_t across = high.x - low.x + 2, down = high.y - low.y + 2;
  std::vector<std::int32_t> labels(static_cast<std::size_t>(across * down), 0);
  const std::int64_t left = std::max<std::int64_t>(0, low.x - 1), top = std::max<std::int64_t>(0, low.y - 1);
  const std::int64_t right = std::min<std::int64_t>(labels_.GetXSize(), high.x + 1);
  const std::int64_t bottom = std::min<std::int64_t>(labels_.GetYSize(), high.y + 1);
  std::int32_t* const to_labels = labels.data() + (top - low.y + 1) * across + left - low.x + 1;
  const CPLErr result = labels_.RasterIO(
      GF_Read, static_cast<int>(left), static_cast<int>(top), static_cast<int>(right - left),
      static_cast<int>(bottom - top), to_labels, static_cast<int>(right - left),
      static_cast<int>(bottom - top), GDT_Int32, 4, static_cast<GSpacing>(4 * across), nullptr);
  if (result != CE_None) throw DataError("the numbers of the areas cannot be read back");
  const std::int64_t length = std::max(high.x - low.x, high.y - low.y);
  const std::int64_t step_x = (to.x > from.x) - (to.x < from.x), step_y = (to.y > from.y) - (to.y < from.y);
  for (std::int64_t i = 1; i <= length; ++i) {
    const Corner corner{from.x + i * step_x, from.y + i * step_y};
    const auto place = static_cast<std::size_t>((corner.y - low.y) * across + corner.x - low.x);
    const bool junction = is_junction(labels, place, static_cast<std::size_t>(across));
    if (!junction && i < length) continue;
    line.push_back(corner);
    junctions.push_back(junction);
  }
}

Line OutlineSimplifier::simplify_ring(const Line& corners) {
  Line line;
  std::vector<bool> junctions;
  for (std::size_t i = 0; i + 1 < corners.size(); ++i) add_edge(corners[i], corners[i + 1], line, junctions);
  // Begins at a junction; without one at a corner that both neighbours choose.
  auto start =
      static_cast<std::size_t>(std::find(junctions.begin(), junctions.end(), true) - junctions.begin());
  const bool alone = start == line.size();
  if (alone) start = static_cast<std::size_t>(std::min_element(line.begin(), line.end()) - line.begin());
  std::rotate(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(start), line.end());
  std::rotate(junctions.begin(), junctions.begin() + static_cast<std::ptrdiff_t>(start), junctions.end());
  line.push_back(line.front());
  junctions.push_back(true);
  Line result{line.front()}, border{line.front()};
  for (std::size_t i = 1; i < line.size(); ++i) {
    border.push_back(line[i]);
    if (!junctions[i]) continue;
    const Line kept = simplified(border, tolerance_);
    result.insert(result.end(), kept.begin() + 1, kept.end());
    border = {line[i]};
  }
  return result;
}

std::unique_ptr<OGRPolygon> OutlineSimplifier::operator()(const OGRPolygon& polygon) {
  auto result = std::make_unique<OGRPolygon>();
  for (const OGRLinearRing* const ring : polygon) {
    const Line line = simplify_ring(corners_of(*ring));
    const bool is_hole = ring != polygon.getExteriorRing();
    if (line.size() < 4 || twice_area(line) == 0) {
      if (is_hole) continue;
      return nullptr;
    }
    result->addRingDirectly(ring_of(line).release());
  }
  return result;
}

}  // namespace nadir
