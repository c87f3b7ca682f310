// Where a network's weights lie in memory.
#pragma once

#include "nadir/model.h"

namespace nadir {

// Puts 4-dimensional weights into channels-last memory, which takes a copy of those that are not there
// already.
void to_channels_last(torch::nn::Module& module);
// Moves a network to the device and its 4-dimensional weights to channels-last memory when asked.
void place_model(Model& model, torch::Device device, bool channels_last);

}  // namespace nadir
