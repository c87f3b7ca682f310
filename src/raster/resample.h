// Pixels of a raster at another size, window by window: a window of the resized raster is exactly that part
// of the whole.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "nadir/raster.h"
#include "nadir/window.h"

namespace nadir {

enum class Resampling {
  kNearest,   // the pixel under the centre: floor((x + 0.5) * scale), OpenCV's INTER_NEAREST_EXACT
  kBilinear,  // GDAL's: a triangle that widens with the factor when it shrinks, cut off at the border
  kLanczos4,  // OpenCV's INTER_LANCZOS4: eight pixels whatever the factor, border pixels repeated
};
// "nearest", "bilinear", "lanczos4". Throws ConfigError for another word.
Resampling parse_resampling(const std::string& name);

// A raster of height x width pixels seen as one of other sides.
class ResizedGrid {
 public:
  ResizedGrid(std::int64_t height, std::int64_t width, std::int64_t to_height, std::int64_t to_width);

  bool changes() const { return height_ != to_height_ || width_ != to_width_; }
  std::int64_t height() const { return to_height_; }
  std::int64_t width() const { return to_width_; }
  // The pixels of the raster that `window` of the resized one is made of.
  Window source(const Window& window, Resampling method) const;
  // The window of the resized raster. pixels: [C, h, w] uint8, uint16, int16, float32 (or bool, nearest) of
  // `from`, which holds source(window, method); valid: [h, w] bool or undefined. Pixels that are not valid
  // weigh nothing; where none is valid the nearest pixel's value stays.
  at::Tensor resample(const at::Tensor& pixels, const at::Tensor& valid, const Window& from,
                      const Window& window, Resampling method) const;
  // [h, w] bool of `from`, undefined when all are valid -> [H, W]: whether the nearest pixel is valid.
  at::Tensor resample_valid(const at::Tensor& valid, const Window& from, const Window& window) const;
  GeoReference scaled(const GeoReference& geo) const;

 private:
  std::int64_t height_, width_, to_height_, to_width_;
};

}  // namespace nadir
