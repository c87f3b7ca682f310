#include <cmath>

#include "nadir/predict.h"

namespace nadir {
namespace {

std::int64_t checked_step(std::int64_t tile, double overlap) {
  if (tile < 1) throw ConfigError("tile is " + std::to_string(tile) + "; it must be at least 1 pixel");
  if (!(overlap >= 0 && overlap <= 0.75)) {
    throw ConfigError("overlap is " + std::to_string(overlap) + "; it must lie in 0 to 0.75");
  }
  return std::max<std::int64_t>(1, std::llround(static_cast<double>(tile) * (1 - overlap)));
}

// A window of the grid's numbers along one line: tiles from the first that ends beyond `begin` to the last
// that starts before `end`.
std::pair<std::int64_t, std::int64_t> over(std::int64_t begin, std::int64_t end, std::int64_t first,
                                           std::int64_t count, std::int64_t tile, std::int64_t step) {
  const std::int64_t low = std::max<std::int64_t>(0, (begin - first - tile) / step + 1);
  return {begin - first < tile ? 0 : low, std::min(count, (end - first - 1) / step + 1)};
}

}  // namespace

TileGrid::Axis TileGrid::axis(std::int64_t size, bool mirror) const {
  const std::int64_t margin = tile_ - step_;
  if (mirror) return {-margin, (size - 1 + margin) / step_ + 1};
  const std::int64_t count = size <= tile_ ? 1 : (size - tile_ + step_ - 1) / step_ + 1;
  return {-(tile_ + (count - 1) * step_ - size) / 2, count};
}

TileGrid::TileGrid(std::int64_t height, std::int64_t width, std::int64_t tile, double overlap,
                   const std::string& borders)
    : tile_(tile), step_(checked_step(tile, overlap)) {
  if (height < 1 || width < 1) {
    throw ConfigError("a raster of " + std::to_string(height) + " x " + std::to_string(width) +
                      " pixels cannot be tiled; it must have at least one pixel");
  }
  if (borders != "fit" && borders != "mirror") {
    throw ConfigError("borders '" + borders + "' is unknown; use fit or mirror");
  }
  down_ = axis(height, borders == "mirror");
  across_ = axis(width, borders == "mirror");
}

Window TileGrid::window(std::int64_t row, std::int64_t column) const {
  return {down_.first + row * step_, across_.first + column * step_, tile_, tile_};
}

Window TileGrid::tiles_over(const Window& area) const {
  const auto [top, bottom] = over(area.row, area.bottom(), down_.first, down_.count, tile_, step_);
  const auto [left, right] = over(area.column, area.right(), across_.first, across_.count, tile_, step_);
  return {top, left, bottom - top, right - left};
}

}  // namespace nadir
