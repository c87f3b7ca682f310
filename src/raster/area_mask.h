// Areas of interest: which pixels of a raster lie in the polygons of a file.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "nadir/raster.h"

namespace nadir {

class AreaMask {
 public:
  // `file`: polygons in anything that GDAL reads, of all its layers, on any CRS; `raster` is where they are
  // wanted. Throws DataError: unreadable, no polygons, none that meets the raster, a raster without
  // transform.
  AreaMask(const std::string& file, const RasterInfo& raster);
  ~AreaMask();

  // The pixels around all polygons, inside the raster.
  const Window& extent() const;
  // [H, W] bool: pixels whose centre lies in a polygon; undefined when all do.
  at::Tensor read(const Window& window) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

// Left, bottom, right, top in the raster's CRS as pixels: all that the rectangle touches. Without a transform
// the numbers are columns and rows. Throws ConfigError when they don't meet the raster.
Window window_of_bounds(const RasterInfo& raster, const std::array<double, 4>& bounds);

}  // namespace nadir
