// Transforms that are about colours want the three bands of a colour picture.
#pragma once

#include "nadir/data.h"

namespace nadir {

// Throws the ConfigError that says so, with the number of bands that were found and what to do.
void check_three_bands(const Sample& sample, const std::string& transform);

}  // namespace nadir
