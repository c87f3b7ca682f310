// Patches at random places of the part: for training.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct RandomPatchConfig {
  std::int64_t size = 128;                // side of a patch, pixels
  std::int64_t per_image = 64;            // patches of an epoch for each scene of the part
  std::optional<std::int64_t> per_epoch;  // patches of an epoch in all, instead of per_image
  // Shares of classes that a patch must have, of its pixels that are not ignored: {water: [0.3, 0.7]}.
  std::vector<std::pair<std::string, std::pair<double, double>>> class_ratio;
  std::int64_t tries = 200;  // places looked at before a patch with these shares is given up
  void fields(FieldVisitor& visit);
};

// Patches lie inside the union of the part's regions: they may straddle neighbouring blocks of the part, and
// never touch another part's. Scenes are drawn by the area that the part has in them. Throws ConfigError when
// a patch fits no region, or class_ratio names no class; `at` throws DataError when no place has the shares.
std::unique_ptr<Sampler> make_random_patch(const RandomPatchConfig& config, const SamplerContext& context);

}  // namespace nadir
