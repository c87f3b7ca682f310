#include "data/transforms/three_bands.h"

namespace nadir {

void check_three_bands(const Sample& sample, const std::string& transform) {
  const std::int64_t bands = sample.image.size(0);
  if (bands == 3) return;
  throw ConfigError("augment: " + transform + " is for the three bands red, green and blue; " + sample.id +
                    " has " + std::to_string(bands) +
                    ". Choose three bands, or take brightness_contrast or gamma, which take any number");
}

}  // namespace nadir
