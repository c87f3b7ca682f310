// The regions of the part as they are: whole pictures of one size, square or not.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct WholeConfig {
  // false: every region once an epoch. true: as many, drawn so that every class comes equally often, for
  // classes of unequal size; regions without a class are drawn as if they were one.
  bool balanced = false;
  void fields(FieldVisitor& visit) { visit.field("balanced", balanced); }
};
// Throws DataError for a part whose regions differ in size, which no batch can hold.
std::unique_ptr<Sampler> make_whole(const WholeConfig& config, const SamplerContext& context);

}  // namespace nadir
