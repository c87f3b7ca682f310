// Numbers as colours.
#pragma once

#include <torch/types.h>

namespace nadir {

// shares: [...] float32, 0 to 1 (others count as the nearest). Gives [..., 3] uint8, from black over red to
// pale yellow: matplotlib's "inferno" (Smith and van der Walt 2015), whose lightness grows evenly, so that it
// reads in grey and for the colour-blind too; straight lines between ten of its colours.
torch::Tensor color_map(const torch::Tensor& shares);

}  // namespace nadir
