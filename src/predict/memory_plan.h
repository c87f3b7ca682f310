// How wide the strips of columns may be that a raster is worked in, so that a run stays within its memory.
#pragma once

#include <cstdint>

#include "nadir/predict.h"

namespace nadir {

struct MemoryNeeds {
  std::int64_t fixed = 0;       // bytes that no width changes: the process, the network, tiles on their way
  std::int64_t per_column = 0;  // bytes for each column of a strip
  std::int64_t written = 0;     // the same for what is written at once, which one strip alone can be
};
// network_bytes: TileNetwork::peak_bytes of a batch, 0 when not known. pixel_bytes: of all bands of the
// image; level_bytes: of all products.
MemoryNeeds memory_needs(const PredictConfig& config, std::int64_t classes, std::int64_t network_bytes,
                         std::int64_t pixel_bytes, std::int64_t level_bytes);

// Columns of a strip: `width` when one strip does. Throws ConfigError when not even a strip of one tile fits.
std::int64_t strip_width(const PredictConfig& config, const MemoryNeeds& needs, std::int64_t width);

}  // namespace nadir
