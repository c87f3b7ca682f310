#include "data/samplers/grid.h"
#include "data/samplers/random_patch.h"

namespace nadir {

const SamplerRegistry& samplers() {
  static const SamplerRegistry registry(
      "sampler",
      {
          SamplerRegistry::item("grid", "windows side by side over the whole part", make_grid),
          SamplerRegistry::item("random_patch", "patches at random places, by class share if wanted",
                                make_random_patch),
      });
  return registry;
}

}  // namespace nadir
