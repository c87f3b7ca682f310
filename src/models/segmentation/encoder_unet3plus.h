// UNet 3+ (https://arxiv.org/abs/2004.08790) on any encoder with a map of half the image's size: five levels
// of 1/2 to 1/32, full-scale skips of 64 channels, 320 channels a level.
#pragma once

#include <memory>

#include "models/segmentation/unet3plus.h"

namespace nadir {

// Any image size: sides that are no multiples of 32 are padded inside and cut back.
std::shared_ptr<Model> make_encoder_unet3plus(const Unet3plusConfig& config, const ModelShape& shape);

}  // namespace nadir
