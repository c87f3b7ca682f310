#include "data/samplers/class_index.h"

namespace nadir {
namespace {

constexpr std::int64_t kCountCell = 256;  // side of a cell, pixels

// Where a class's pixels begin in a target, and the value that stands for them there.
struct Plane {
  const std::uint8_t* begin;
  std::int64_t size;
  std::uint8_t value;
};

Plane plane_of(const torch::Tensor& target, std::int64_t of_class) {
  const auto* const begin = target.const_data_ptr<std::uint8_t>();
  const std::int64_t size = target.size(-1) * target.size(-2);
  if (target.dim() == 3) return {begin + of_class * size, size, 1};
  return {begin, size, static_cast<std::uint8_t>(of_class)};
}

std::vector<std::int64_t> count_classes(const torch::Tensor& target, std::int64_t classes) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes), 0);
  if (target.dim() == 2) {
    std::array<std::int64_t, 256> values{};
    const Plane plane = plane_of(target, 0);
    for (std::int64_t i = 0; i < plane.size; ++i) ++values[plane.begin[i]];
    std::copy_n(values.begin(), counts.size(), counts.begin());
    return counts;
  }
  for (std::int64_t k = 0; k < classes; ++k) {
    const Plane plane = plane_of(target, k);
    counts[static_cast<std::size_t>(k)] = std::count(plane.begin, plane.begin + plane.size, plane.value);
  }
  return counts;
}

}  // namespace

ClassIndex::ClassIndex(std::shared_ptr<const Source> source, const std::vector<Region>& regions,
                       std::int64_t classes, const std::string& sampler)
    : source_(std::move(source)),
      regions_(regions),
      cells_of_class_(static_cast<std::size_t>(classes)),
      counts_(static_cast<std::size_t>(classes)) {
  for (std::size_t number = 0; number < regions_.size(); ++number) {
    const Region& region = regions_[number];
    for (std::int64_t row = region.window.row; row < region.window.bottom(); row += kCountCell) {
      for (std::int64_t column = region.window.column; column < region.window.right(); column += kCountCell) {
        if (stop_requested()) throw Interrupted(sampler + ": counting the classes' pixels was interrupted");
        const Window window = intersection(region.window, {row, column, kCountCell, kCountCell});
        const torch::Tensor target = source_->read_target(region.scene, window);
        if (!target.defined() || target.dim() < 2) {
          throw ConfigError(sampler + " needs masks, to know where the classes are, and the source has none");
        }
        const std::vector<std::int64_t> counts = count_classes(target.contiguous(), classes);
        for (std::size_t k = 0; k < counts.size(); ++k) {
          if (counts[k] == 0) continue;
          cells_of_class_[k].push_back(static_cast<std::uint32_t>(cells_.size()));
          counts_[k].add(counts[k]);
        }
        cells_.push_back({number, window});
      }
    }
  }
}

ClassIndex::Pixel ClassIndex::draw(std::int64_t of_class, RandomStream& random) const {
  const auto k = static_cast<std::size_t>(of_class);
  auto [item, left] = counts_.at(k).locate(random.below(counts_[k].total()));
  const Cell& cell = cells_[cells_of_class_[k][item]];
  const torch::Tensor target = source_->read_target(regions_[cell.region].scene, cell.window).contiguous();
  const Plane plane = plane_of(target, of_class);
  for (std::int64_t i = 0; i < plane.size; ++i) {
    if (plane.begin[i] != plane.value || left-- > 0) continue;
    return {cell.region, cell.window.row + i / cell.window.width, cell.window.column + i % cell.window.width};
  }
  throw DataError(source_->scenes()[static_cast<std::size_t>(regions_[cell.region].scene)].id + ", " +
                  to_string(cell.window) + ": its labels changed while they were in use");
}

}  // namespace nadir
