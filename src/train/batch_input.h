// What training and evaluation share between the loader and the network.
#pragma once

#include <torch/types.h>

#include "nadir/data.h"

namespace nadir {

struct NetworkInput {
  torch::Tensor images;   // [N, C, H, W] float32, normalised, on the device
  torch::Tensor targets;  // as the batch's, on the device
  torch::Tensor mix_targets;
};
NetworkInput make_input(const Batch& batch, const Normalizer& normalizer, torch::Device device,
                        bool channels_last);

}  // namespace nadir
