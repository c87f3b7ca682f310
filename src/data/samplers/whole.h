// Every region of the part as it is, once an epoch: whole pictures of one size, square or not.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct WholeConfig {
  void fields(FieldVisitor&) {}
};
// Throws DataError for a part whose regions differ in size, which no batch can hold.
std::unique_ptr<Sampler> make_whole(const WholeConfig& config, const SamplerContext& context);

}  // namespace nadir
