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

// Tiles that begin at -margin, -margin + step, … and before `size`.
std::int64_t tiles_along(std::int64_t size, std::int64_t margin, std::int64_t step) {
  return (size - 1 + margin) / step + 1;
}

}  // namespace

TileGrid::TileGrid(std::int64_t height, std::int64_t width, std::int64_t tile, double overlap)
    : tile_(tile), step_(checked_step(tile, overlap)), margin_(tile_ - step_) {
  if (height < 1 || width < 1) {
    throw ConfigError("a raster of " + std::to_string(height) + " x " + std::to_string(width) +
                      " pixels cannot be tiled; it must have at least one pixel");
  }
  rows_ = tiles_along(height, margin_, step_);
  columns_ = tiles_along(width, margin_, step_);
}

Window TileGrid::window(std::int64_t row, std::int64_t column) const {
  return {row * step_ - margin_, column * step_ - margin_, tile_, tile_};
}

}  // namespace nadir
