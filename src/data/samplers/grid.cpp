#include "data/samplers/grid.h"

#include "data/region_index.h"

namespace nadir {
namespace {

class Grid final : public Sampler {
 public:
  Grid(const GridConfig& config, std::vector<Region> part)
      : size_(config.size), stride_(config.stride.value_or(config.size)), part_(std::move(part)) {
    for (const Region& region : part_) counts_.add(along(region.window.height) * along(region.window.width));
  }

  std::int64_t size() const override { return counts_.total(); }
  std::int64_t patch() const override { return size_; }

  Region at(std::int64_t, std::int64_t index) const override {
    const auto [item, offset] = counts_.locate(index);
    const Region& region = part_[item];
    const std::int64_t columns = along(region.window.width);
    const std::int64_t row = region.window.row + offset / columns * stride_;
    const std::int64_t column = region.window.column + offset % columns * stride_;
    return {region.scene, intersection(region.window, {row, column, size_, size_})};
  }

 private:
  // How many windows it takes to reach the end of `length` pixels.
  std::int64_t along(std::int64_t length) const {
    return length <= size_ ? 1 : (length - size_ + stride_ - 1) / stride_ + 1;
  }

  std::int64_t size_;
  std::int64_t stride_;
  std::vector<Region> part_;
  CumulativeCounts counts_;
};

}  // namespace

void GridConfig::fields(FieldVisitor& visit) {
  visit.field("size", size, at_least(1));
  visit.field("stride", stride, at_least(1));
}

void GridConfig::validate() const {
  if (stride && *stride > size) {
    throw ConfigError("stride " + std::to_string(*stride) + " is above size " + std::to_string(size) +
                      ": pixels between the windows would be left out");
  }
}

std::unique_ptr<Sampler> make_grid(const GridConfig& config, const SamplerContext& context) {
  return std::make_unique<Grid>(config, context.part);
}

}  // namespace nadir
