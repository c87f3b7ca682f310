// Test-time augmentation: the mean of a network's answers to a tile turned and mirrored, each turned back.
#pragma once

#include "nadir/predict.h"

namespace nadir {

// name: "none", "flips" (4: as it is, left-right, up-down, both) or "all" (the 8 symmetries of the square).
// Throws ConfigError for another name.
TileFunction with_symmetries(TileFunction network, const std::string& name);

}  // namespace nadir
