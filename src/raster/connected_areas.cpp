#include "raster/connected_areas.h"

#include <limits>

#include "nadir/error.h"

namespace nadir {

std::int32_t RunLabeller::new_label() {
  if (labels_ == std::numeric_limits<std::int32_t>::max()) {
    throw DataError("more areas than can be numbered (2147483647); make polygons of parts of the raster");
  }
  return labels_++;
}

std::span<const Run> RunLabeller::next_row(std::span<const std::int32_t> values, const Touch& touch) {
  row_.clear();
  std::size_t above = 0;
  const auto width = std::ssize(values);
  for (std::int64_t first = 0, end = 0; first < width; first = end) {
    const std::int32_t value = values[static_cast<std::size_t>(first)];
    for (end = first; end < width && values[static_cast<std::size_t>(end)] == value;) ++end;
    if (value == kNoClass) continue;
    Run run{first, end, value, -1};
    while (above < above_.size() && above_[above].end <= first) ++above;
    for (std::size_t i = above; i < above_.size() && above_[i].first < end; ++i) {
      if (above_[i].value != value) continue;
      if (run.label < 0) run.label = above_[i].label;
      if (run.label != above_[i].label) touch(run.label, above_[i].label);
    }
    if (run.label < 0) run.label = new_label();
    row_.push_back(run);
  }
  std::swap(row_, above_);
  return above_;
}

void AreaSums::add(const AreaSums& other) {
  pixels += other.pixels;
  square_metres += other.square_metres;
  probability += other.probability;
  probability_pixels += other.probability_pixels;
}

std::size_t AreaTable::find(std::int32_t label) {
  auto i = static_cast<std::size_t>(label);
  while (parents_[i] != static_cast<std::int32_t>(i)) {
    parents_[i] = parents_[static_cast<std::size_t>(parents_[i])];
    i = static_cast<std::size_t>(parents_[i]);
  }
  return i;
}

void AreaTable::add(std::int32_t label, const AreaSums& sums) {
  while (std::ssize(parents_) <= label) {
    parents_.push_back(static_cast<std::int32_t>(parents_.size()));
    sums_.push_back({.value = sums.value});
  }
  sums_[find(label)].add(sums);
}

void AreaTable::join(std::int32_t a, std::int32_t b) {
  const std::size_t low = std::min(find(a), find(b));
  const std::size_t high = std::max(find(a), find(b));
  if (low == high) return;
  parents_[high] = static_cast<std::int32_t>(low);
  sums_[low].add(sums_[high]);
}

AreaTable::Numbered AreaTable::number(const std::function<bool(const AreaSums&)>& keep) {
  Numbered result{.by_label = std::vector<std::int32_t>(parents_.size(), 0), .areas = {}};
  for (std::size_t i = 0; i < parents_.size(); ++i) {
    const std::size_t root = find(static_cast<std::int32_t>(i));  // never above i: numbered before
    if (root != i) {
      result.by_label[i] = result.by_label[root];
    } else if (keep(sums_[i])) {
      result.areas.push_back(sums_[i]);
      result.by_label[i] = static_cast<std::int32_t>(result.areas.size());
    }
  }
  return result;
}

}  // namespace nadir
