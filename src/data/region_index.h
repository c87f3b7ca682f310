// Which pixels of which scenes a set of disjoint regions covers, in time that does not grow with their
// number.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "nadir/data.h"

namespace nadir {

class RegionIndex {
 public:
  RegionIndex() = default;
  explicit RegionIndex(const std::vector<Region>& regions);

  // The region overlaps none of those before it.
  void add(const Region& region);
  // How many pixels of `region` the regions of the index hold.
  std::int64_t covered(const Region& region) const;
  bool covers(const Region& region) const { return covered(region) == region.window.area(); }

 private:
  // Each cell lists the parts of regions that lie in it.
  using Cells = std::unordered_map<std::uint64_t, std::vector<Window>>;
  struct SceneCells {
    std::int64_t side = 0;  // of a cell, pixels: the first region's or more
    Cells cells;
  };
  std::map<std::int64_t, SceneCells> scenes_;
};

// Counts laid end to end: which item holds a position of the whole, and where in the item it lies.
class CumulativeCounts {
 public:
  struct Place {
    std::size_t item = 0;
    std::int64_t offset = 0;
  };
  void add(std::int64_t count) { ends_.push_back(total() + count); }
  std::int64_t total() const { return ends_.empty() ? 0 : ends_.back(); }
  Place locate(std::int64_t position) const;  // 0 <= position < total()

 private:
  std::vector<std::int64_t> ends_;
};

}  // namespace nadir
