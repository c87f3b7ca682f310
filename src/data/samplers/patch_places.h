// Where patches fit: inside the union of a part's regions.
#pragma once

#include "data/region_index.h"
#include "nadir/data.h"

namespace nadir {

class PatchPlaces {
 public:
  // `sampler` names the sampler in messages. Throws ConfigError when no region holds a patch of `size`.
  PatchPlaces(const std::vector<Region>& part, std::int64_t size, const std::string& sampler);

  std::int64_t size() const { return size_; }
  std::int64_t scenes() const { return static_cast<std::int64_t>(scenes_.size()); }  // with room for a patch
  // A patch anywhere: scenes by the area that the part has in them. It may straddle regions of the part.
  Region draw(RandomStream& random) const;
  // The patch whose middle is nearest to a pixel of `region`, a region with room for a patch.
  Region around(const Region& region, std::int64_t row, std::int64_t column) const;
  // The regions with room for a patch.
  std::vector<Region> roomy() const;

 private:
  // The part's regions in one scene.
  struct ScenePart {
    std::vector<Region> regions;
    CumulativeCounts pixels;     // of each region
    CumulativeCounts positions;  // of a patch inside each region
  };
  Region place_at(const Region& region, std::int64_t offset, std::int64_t columns) const;
  bool fits(const Region& region) const {
    return region.window.height >= size_ && region.window.width >= size_;
  }

  std::int64_t size_;
  RegionIndex index_;
  std::vector<ScenePart> scenes_;
  CumulativeCounts pixels_;  // of each scene
};

}  // namespace nadir
