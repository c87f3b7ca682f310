#include "data/samplers/grid.h"
#include "data/samplers/random_patch.h"
#include "data/samplers/whole.h"

namespace nadir {

const SamplerRegistry& samplers() {
  static const SamplerRegistry registry(
      "sampler",
      {
          SamplerRegistry::item("grid", "windows side by side over the whole part", make_grid),
          SamplerRegistry::item("random_patch", "patches at random places, by class share if wanted",
                                make_random_patch),
          SamplerRegistry::item("whole", "every region of the part as it is", make_whole),
      });
  return registry;
}

}  // namespace nadir
