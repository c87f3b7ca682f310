#include "data/split_buffer.h"

#include <cmath>
#include <set>
#include <unordered_map>

namespace nadir {
namespace {

constexpr std::int64_t kIndexCell = 256;  // side of a cell of the index, pixels

Window inflated(const Window& window, std::int64_t by) {
  return {window.row - by, window.column - by, window.height + 2 * by, window.width + 2 * by};
}

// Windows by scene, found by where they lie.
class WindowIndex {
 public:
  void add(const Region& region) {
    SceneWindows& scene = scenes_[region.scene];
    for_each_cell(region.window,
                  [&](std::uint64_t key) { scene.cells[key].push_back(scene.windows.size()); });
    scene.windows.push_back(region.window);
  }
  bool has(std::int64_t scene) const { return scenes_.contains(scene); }

  // Those that share pixels with `window`, in the order of their adding.
  std::vector<Window> touching(std::int64_t scene, const Window& window) const {
    const auto found = scenes_.find(scene);
    if (found == scenes_.end()) return {};
    std::set<std::size_t> numbers;
    for_each_cell(window, [&](std::uint64_t key) {
      const auto cell = found->second.cells.find(key);
      if (cell != found->second.cells.end()) numbers.insert(cell->second.begin(), cell->second.end());
    });
    std::vector<Window> windows;
    for (const std::size_t i : numbers) {
      const Window& each = found->second.windows[i];
      if (!intersection(each, window).empty()) windows.push_back(each);
    }
    return windows;
  }

 private:
  struct SceneWindows {
    std::vector<Window> windows;
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> cells;
  };
  template <class Visit>
  static void for_each_cell(const Window& window, const Visit& visit) {
    for (std::int64_t i = std::max<std::int64_t>(0, window.row) / kIndexCell;
         i * kIndexCell < window.bottom(); ++i) {
      for (std::int64_t j = std::max<std::int64_t>(0, window.column) / kIndexCell;
           j * kIndexCell < window.right(); ++j) {
        visit(static_cast<std::uint64_t>(i) << 32 | static_cast<std::uint64_t>(j));
      }
    }
  }
  std::map<std::int64_t, SceneWindows> scenes_;
};

bool is_unrotated(const Scene& scene) {
  if (scene.crs.empty() || !scene.transform) return false;
  const std::array<double, 6>& t = *scene.transform;
  return t[2] == 0 && t[4] == 0 && t[1] != 0 && t[5] != 0;
}

// A window of one scene in the pixels of another one: the smallest that holds all of it.
Window in_pixels_of(const Scene& to, const Scene& from, const Window& window) {
  const std::array<double, 6>& f = *from.transform;
  const std::array<double, 6>& t = *to.transform;
  const auto column = [&](std::int64_t j) { return (f[0] + static_cast<double>(j) * f[1] - t[0]) / t[1]; };
  const auto row = [&](std::int64_t i) { return (f[3] + static_cast<double>(i) * f[5] - t[3]) / t[5]; };
  constexpr double kRounding = 1e-6;  // pixels: neighbours share their border, and no pixel
  const auto [left, right] = std::minmax(column(window.column), column(window.right()));
  const auto [top, bottom] = std::minmax(row(window.row), row(window.bottom()));
  const auto first_row = static_cast<std::int64_t>(std::floor(top + kRounding));
  const auto first_column = static_cast<std::int64_t>(std::floor(left + kRounding));
  return {first_row, first_column, static_cast<std::int64_t>(std::ceil(bottom - kRounding)) - first_row,
          static_cast<std::int64_t>(std::ceil(right - kRounding)) - first_column};
}

Window whole(const Scene& scene) { return {0, 0, scene.height, scene.width}; }

// The scenes that lie within `buffer` pixels of each scene on the ground.
std::vector<std::vector<std::int64_t>> find_neighbours(const std::vector<Scene>& scenes,
                                                       std::int64_t buffer) {
  std::vector<std::vector<std::int64_t>> neighbours(scenes.size());
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    if (!is_unrotated(scenes[i])) continue;
    const Window near = inflated(whole(scenes[i]), buffer);
    for (std::size_t j = 0; j < scenes.size(); ++j) {
      if (i == j || !is_unrotated(scenes[j]) || scenes[i].crs != scenes[j].crs) continue;
      if (!intersection(near, in_pixels_of(scenes[i], scenes[j], whole(scenes[j]))).empty())
        neighbours[i].push_back(static_cast<std::int64_t>(j));
    }
  }
  return neighbours;
}

}  // namespace

std::vector<Window> subtract(const std::vector<Window>& windows, const Window& cut) {
  std::vector<Window> left;
  for (const Window& w : windows) {
    const Window gone = intersection(w, cut);
    if (gone.empty()) {
      left.push_back(w);
      continue;
    }
    const std::array<Window, 4> pieces = {{{w.row, w.column, gone.row - w.row, w.width},
                                           {gone.row, w.column, gone.height, gone.column - w.column},
                                           {gone.row, gone.right(), gone.height, w.right() - gone.right()},
                                           {gone.bottom(), w.column, w.bottom() - gone.bottom(), w.width}}};
    for (const Window& piece : pieces) {
      if (!piece.empty()) left.push_back(piece);
    }
  }
  return left;
}

Split leave_out_between_parts(const Split& split, const std::vector<Scene>& scenes, std::int64_t buffer) {
  const auto neighbours = find_neighbours(scenes, buffer);
  WindowIndex taken;
  const auto keep = [&](const std::vector<Region>& part) {
    std::vector<Region> kept;
    for (const Region& region : part) {
      const Window near = inflated(region.window, buffer);
      std::vector<Window> left = {region.window};
      for (const Window& other : taken.touching(region.scene, near))
        left = subtract(left, inflated(other, buffer));
      const Scene& own = scenes[static_cast<std::size_t>(region.scene)];
      for (const std::int64_t number : neighbours[static_cast<std::size_t>(region.scene)]) {
        if (!taken.has(number)) continue;
        const Scene& beside = scenes[static_cast<std::size_t>(number)];
        for (const Window& other : taken.touching(number, in_pixels_of(beside, own, near))) {
          left = subtract(left, inflated(in_pixels_of(own, beside, other), buffer));
        }
      }
      for (const Window& window : left) kept.push_back({region.scene, window});
    }
    return kept;
  };
  Split result;
  result.test = split.test;
  for (const Region& region : result.test) taken.add(region);
  result.val = keep(split.val);
  for (const Region& region : result.val) taken.add(region);
  result.train = keep(split.train);
  return result;
}

}  // namespace nadir
