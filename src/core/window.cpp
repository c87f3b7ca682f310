#include "nadir/window.h"

namespace nadir {

std::string to_string(const Window& window) {
  return "rows " + std::to_string(window.row) + ".." + std::to_string(window.bottom() - 1) + ", columns " +
         std::to_string(window.column) + ".." + std::to_string(window.right() - 1);
}

std::vector<std::int64_t> mirrored_indices(std::int64_t first, std::int64_t count, std::int64_t size) {
  const std::int64_t period = std::max<std::int64_t>(1, 2 * (size - 1));
  std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t phase = ((first + i) % period + period) % period;
    indices[static_cast<std::size_t>(i)] = std::min(phase, period - phase);
  }
  if (size == 1) std::fill(indices.begin(), indices.end(), 0);
  return indices;
}

}  // namespace nadir
