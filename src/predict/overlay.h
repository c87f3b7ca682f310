// A class map drawn over the image that it was made of.
#pragma once

#include <filesystem>

#include "nadir/predict.h"
#include "predict/raster_source.h"

namespace nadir {

// PNG or JPEG by the suffix of `target`, at most 4096 pixels a side, written to `file`. The image's first
// three bands (one, shown grey) are stretched between their 2nd and 98th percentile unless they are uint8.
void draw_overlay(const RasterSource& source, const std::filesystem::path& classes, const ModelCard& card,
                  const std::filesystem::path& file);

}  // namespace nadir
