// How many tiles go through the network together.
#pragma once

#include <algorithm>

#include "nadir/predict.h"

namespace nadir {

// Batches of images that wait for the network: as many as it runs while a row of blocks is read.
constexpr std::int64_t kBatchesRead = 4;

// A batch of large tiles gains nothing on a CPU and costs memory; of small ones each call costs more than it
// computes.
inline std::int64_t batch_tiles(const PredictConfig& config) {
  constexpr std::int64_t kPixels = 512 * 512;
  if (config.batch_size > 0) return config.batch_size;
  return std::clamp<std::int64_t>(kPixels / std::max<std::int64_t>(1, config.tile * config.tile), 1, 16);
}

}  // namespace nadir
