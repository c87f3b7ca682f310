// Whether an image and its mask lie on the same pixels.
#pragma once

#include "nadir/raster.h"

namespace nadir {

// Throws DataError naming both files and both values when sizes differ, or, where both are georeferenced, CRS
// or grid do.
void check_pair(const RasterInfo& image, const RasterInfo& mask);

}  // namespace nadir
