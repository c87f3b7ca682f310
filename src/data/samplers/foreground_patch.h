// Random patches of which a given share lies around foreground pixels.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct ForegroundPatchConfig {
  std::int64_t size = 128;                // side of a patch, pixels
  std::int64_t per_image = 64;            // patches of an epoch for each scene of the part
  std::optional<std::int64_t> per_epoch;  // patches of an epoch in all, instead of per_image
  double share = 0.5;                     // of patches around a foreground pixel; the others lie anywhere
  std::vector<std::string> background;    // classes that are none; none named: the first class
  void fields(FieldVisitor& visit);
};

// All foreground pixels of the part are alike likely, so that large classes come more often than small ones
// (balanced_patch draws classes alike). Counts them once, when it is made. Throws ConfigError when a patch
// fits no region, the source has no masks, or the part no foreground.
std::unique_ptr<Sampler> make_foreground_patch(const ForegroundPatchConfig& config,
                                               const SamplerContext& context);

}  // namespace nadir
