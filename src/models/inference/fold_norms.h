// Batch norms in evaluation mode are one factor and one shift a channel: they go into the convolution before.
#pragma once

#include "models/inference/program.h"

namespace nadir {

// Folds each batch norm whose input is a convolution (plain or transposed) that nothing else reads:
//   w' = w * s, b' = (b - mean) * s + beta, s = gamma / sqrt(var + eps), computed in float64.
// The others stay. Results are equal but for rounding.
void fold_norms(Program& program);

}  // namespace nadir
