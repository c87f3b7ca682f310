// Where a network's weights lie in memory.
#pragma once

#include "nadir/model.h"

namespace nadir {

// Moves a network to the device and its 4-dimensional weights to channels-last memory when asked.
void place_model(Model& model, torch::Device device, bool channels_last);

}  // namespace nadir
