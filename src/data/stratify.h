// Dividing things with several labels so that every label is in every group in the groups' shares.
#pragma once

#include <vector>

#include "nadir/data.h"

namespace nadir {

// The group of each thing. contents[i]: which labels thing i has; shares: of the groups, they are scaled to
// sum to 1. Things with the same combination of labels are dealt together by their shares; what does not
// divide evenly, and rare combinations, go where their rarest label is missed most, to groups without it
// first: iterative stratification (Sechidis, Tsoumakas, Vlahavas 2011, doi:10.1007/978-3-642-23808-6_10).
std::vector<std::size_t> stratify(const std::vector<std::vector<bool>>& contents, std::vector<double> shares,
                                  const RandomStream& random);

// Which classes a scene has: what the source knows, else what its targets say, read by window. Throws
// ConfigError for a source without labels.
std::vector<bool> classes_of_scene(const Source& source, std::int64_t scene, std::int64_t classes);

}  // namespace nadir
