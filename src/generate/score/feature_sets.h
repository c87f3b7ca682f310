// What the distances between sets of features share.
#pragma once

#include "nadir/generate.h"

namespace nadir {

// Throws ConfigError unless both are [rows, D] of the same D and two rows or more.
void check_feature_sets(const at::Tensor& a, const at::Tensor& b);

}  // namespace nadir
