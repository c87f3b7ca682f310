// Patches around pixels of classes that are drawn equally often: for classes that are rare on the ground.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct BalancedPatchConfig {
  std::int64_t size = 128;                // side of a patch, pixels
  std::int64_t per_image = 64;            // patches of an epoch for each scene of the part
  std::optional<std::int64_t> per_epoch;  // patches of an epoch in all, instead of per_image
  void fields(FieldVisitor& visit);
};

// Every class that the part has is drawn with the same chance, then one of its pixels; the patch lies around
// it, moved where the part ends. Counts the classes' pixels once, when it is made. Throws ConfigError when a
// patch fits no region or the source has no masks.
std::unique_ptr<Sampler> make_balanced_patch(const BalancedPatchConfig& config,
                                             const SamplerContext& context);

}  // namespace nadir
