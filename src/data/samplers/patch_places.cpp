#include "data/samplers/patch_places.h"

namespace nadir {
namespace {

// Places tried for a patch that straddles regions before one inside a single region is taken.
constexpr int kPlaceTries = 16;

// Where a patch may begin so that it stays inside.
Window positions_in(const Window& window, std::int64_t size) {
  return {window.row, window.column, std::max<std::int64_t>(0, window.height - size + 1),
          std::max<std::int64_t>(0, window.width - size + 1)};
}

[[noreturn]] void throw_no_fit(const std::vector<Region>& part, std::int64_t size,
                               const std::string& sampler) {
  std::int64_t largest = 0;
  for (const Region& region : part)
    largest = std::max(largest, std::min(region.window.height, region.window.width));
  if (part.empty()) throw ConfigError(sampler + ": the part has no regions to take patches from");
  throw ConfigError(sampler + ": patch " + std::to_string(size) + " does not fit blocks of " +
                    std::to_string(largest) + ": raise data.split.block or lower the sampler's size");
}

}  // namespace

PatchPlaces::PatchPlaces(const std::vector<Region>& part, std::int64_t size, const std::string& sampler)
    : size_(size), index_(part) {
  std::map<std::int64_t, ScenePart> scenes;
  for (const Region& region : part) {
    ScenePart& scene = scenes[region.scene];
    scene.regions.push_back(region);
    scene.pixels.add(region.window.area());
    scene.positions.add(positions_in(region.window, size).area());
  }
  for (auto& [number, scene] : scenes) {
    if (scene.positions.total() > 0) scenes_.push_back(std::move(scene));
  }
  if (scenes_.empty()) throw_no_fit(part, size, sampler);
  for (const ScenePart& scene : scenes_) pixels_.add(scene.pixels.total());
}

Region PatchPlaces::draw(RandomStream& random) const {
  const ScenePart& scene = scenes_[pixels_.locate(random.below(pixels_.total())).item];
  for (int i = 0; i < kPlaceTries; ++i) {
    const auto [item, offset] = scene.pixels.locate(random.below(scene.pixels.total()));
    const Region place = place_at(scene.regions[item], offset, scene.regions[item].window.width);
    if (index_.covers(place)) return place;
  }
  const auto [item, offset] = scene.positions.locate(random.below(scene.positions.total()));
  const Region& region = scene.regions[item];
  return place_at(region, offset, positions_in(region.window, size_).width);
}

Region PatchPlaces::around(const Region& region, std::int64_t row, std::int64_t column) const {
  const Region centred{region.scene, {row - size_ / 2, column - size_ / 2, size_, size_}};
  const Window& w = region.window;
  if (centred.window.row >= 0 && centred.window.column >= 0 && index_.covers(centred)) return centred;
  return {region.scene,
          {std::clamp(centred.window.row, w.row, w.bottom() - size_),
           std::clamp(centred.window.column, w.column, w.right() - size_), size_, size_}};
}

std::vector<Region> PatchPlaces::roomy() const {
  std::vector<Region> regions;
  for (const ScenePart& scene : scenes_) {
    for (const Region& region : scene.regions) {
      if (fits(region)) regions.push_back(region);
    }
  }
  return regions;
}

// The patch that begins at position `offset` of a region's positions, `columns` in a row.
Region PatchPlaces::place_at(const Region& region, std::int64_t offset, std::int64_t columns) const {
  return {region.scene,
          {region.window.row + offset / columns, region.window.column + offset % columns, size_, size_}};
}

}  // namespace nadir
