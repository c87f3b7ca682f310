// A raster seen at another ground resolution: pixels are resampled as they are read.
#pragma once

#include <string>

#include "nadir/raster.h"

namespace nadir {

class ResampledView {
 public:
  // North up, in the raster's own CRS; `metres` a pixel. Finer pixels are interpolated (bilinear), coarser
  // ones averaged; nodata stays so. Throws DataError (no transform, or one that cannot be followed),
  // ConfigError.
  ResampledView(const RasterInfo& raster, double metres);
  ~ResampledView();
  ResampledView(const ResampledView&) = delete;
  ResampledView& operator=(const ResampledView&) = delete;

  const std::string& path() const { return path_; }  // opens as a raster while the view lives

 private:
  std::string path_;
};

// Metres a pixel of a raster: the root of a pixel's area in its middle. Nothing without a CRS or a transform.
std::optional<double> ground_resolution(const RasterInfo& raster);

}  // namespace nadir
