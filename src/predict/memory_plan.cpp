#include "predict/memory_plan.h"

#include <unistd.h>

#include <cmath>
#include <fstream>

#include "core/text.h"
#include "predict/batch_tiles.h"

namespace nadir {
namespace {

constexpr std::int64_t kBlockCache = 32 << 20;            // GDAL's
constexpr std::int64_t kImageBatches = kBatchesRead + 2;  // being read, waiting, in work
constexpr std::int64_t kScoreBatches = 3;                 // as the network gives them, and being blended
constexpr std::int64_t kBandsOfLevels = 3;                // being filled, waiting, being written
constexpr std::int64_t kWriterRows = 512;                 // of blocks being filled
// All that grows with a strip's width, whatever the memory: wider strips would run hardly fewer tiles.
constexpr std::int64_t kBandBytes = std::int64_t{208} << 20;

// What the process holds now: libraries, the model.
std::int64_t resident_bytes() {
  std::ifstream stream("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  stream >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

MemoryNeeds memory_needs(const PredictConfig& config, std::int64_t classes, std::int64_t network_bytes,
                         std::int64_t pixel_bytes, std::int64_t level_bytes) {
  const std::int64_t tile = config.tile, pixels = tile * tile * batch_tiles(config);
  const auto step = std::max<std::int64_t>(1, std::llround(static_cast<double>(tile) * (1 - config.overlap)));
  // Where it cannot be known: some maps of 64 channels.
  const std::int64_t network = network_bytes > 0 ? network_bytes : pixels * 64 * 4 * 6;
  MemoryNeeds needs;
  needs.fixed = resident_bytes() + network + network / 4 + kBlockCache +
                pixels * (kScoreBatches * classes * 4 + kImageBatches * pixel_bytes);
  const std::int64_t shared = ((tile + step - 1) / step - 1) * step;  // with later tiles
  needs.fixed += tile * shared * classes * 4;
  needs.per_column = shared * classes * 4 +                         // rows that more tiles reach
                     (tile + 2 * step + 512) * (pixel_bytes + 2) +  // rows of the image and their masks
                     kBandsOfLevels * step * level_bytes;
  needs.written = kWriterRows * level_bytes;
  return needs;
}

std::int64_t strip_width(const PredictConfig& config, const MemoryNeeds& needs, std::int64_t width) {
  const std::int64_t room = config.memory - needs.fixed;
  const std::int64_t least = std::min(width, config.tile);
  if (room < needs.per_column * least) {
    throw ConfigError("--memory of " + human_bytes(config.memory) +
                      " is too little: " + human_bytes(needs.fixed + needs.per_column * least) +
                      " are needed; give more, or a smaller --tile");
  }
  const std::int64_t most = std::min(room, kBandBytes);
  std::int64_t widest = most / needs.per_column;
  // In one strip rows are written as they come; of several, when all are there, a few blocks at a time.
  if (widest >= width) widest = std::max((width + 1) / 2, most / (needs.per_column + needs.written));
  if (config.strip > 0) widest = std::min(widest, config.strip);
  widest = std::max(widest, least);
  const std::int64_t strips = (width + widest - 1) / widest;
  return (width + strips - 1) / strips;
}

}  // namespace nadir
