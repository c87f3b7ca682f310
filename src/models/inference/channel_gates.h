// Means over pixels and products with a number per channel, which squeeze-and-excitation consists of besides
// its convolutions, each in one pass over maps in channels-last order.
#pragma once

#include "models/inference/program.h"

namespace nadir {

// LibTorch's own mean of bfloat16 goes through a copy in float32. The rounding of means may differ. Maps of
// other types, orders and devices are left to LibTorch, when the program runs.
void choose_channel_loops(Program& program);

}  // namespace nadir
