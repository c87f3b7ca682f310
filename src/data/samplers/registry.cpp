#include "data/samplers/balanced_patch.h"
#include "data/samplers/foreground_patch.h"
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
          SamplerRegistry::item("balanced_patch", "patches around classes that are drawn equally often",
                                make_balanced_patch),
          SamplerRegistry::item("foreground_patch", "random patches, a share of them around foreground",
                                make_foreground_patch),
      });
  return registry;
}

}  // namespace nadir
