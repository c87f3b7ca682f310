#include "data/region_index.h"

namespace nadir {
namespace {

// A tiny first region must not make cells so small that the others lie in thousands of them.
constexpr std::int64_t kSmallestCell = 64;

// Calls visit(key, part) for the part of `window` in each cell that it touches.
template <class Visit>
void for_each_cell(const Window& window, std::int64_t side, const Visit& visit) {
  for (std::int64_t i = window.row / side; i * side < window.bottom(); ++i) {
    for (std::int64_t j = window.column / side; j * side < window.right(); ++j) {
      const std::uint64_t key = static_cast<std::uint64_t>(i) << 32 | static_cast<std::uint64_t>(j);
      visit(key, intersection(window, {i * side, j * side, side, side}));
    }
  }
}

}  // namespace

RegionIndex::RegionIndex(const std::vector<Region>& regions) {
  for (const Region& region : regions) add(region);
}

void RegionIndex::add(const Region& region) {
  SceneCells& scene = scenes_[region.scene];
  if (scene.side == 0) scene.side = std::max({kSmallestCell, region.window.height, region.window.width});
  for_each_cell(region.window, scene.side,
                [&](std::uint64_t key, const Window& part) { scene.cells[key].push_back(part); });
}

std::int64_t RegionIndex::covered(const Region& region) const {
  const auto scene = scenes_.find(region.scene);
  if (scene == scenes_.end()) return 0;
  std::int64_t pixels = 0;
  for_each_cell(region.window, scene->second.side, [&](std::uint64_t key, const Window& part) {
    const auto cell = scene->second.cells.find(key);
    if (cell == scene->second.cells.end()) return;
    for (const Window& held : cell->second) pixels += intersection(part, held).area();
  });
  return pixels;
}

CumulativeCounts::Place CumulativeCounts::locate(std::int64_t position) const {
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), position);
  const std::int64_t begin = end == ends_.begin() ? 0 : *std::prev(end);
  return {static_cast<std::size_t>(end - ends_.begin()), position - begin};
}

}  // namespace nadir
