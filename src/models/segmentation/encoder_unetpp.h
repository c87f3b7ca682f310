// UNet++ (https://arxiv.org/abs/1807.10165) on an encoder, as segmentation_models.pytorch's UnetPlusPlus,
// with its tensor names.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

// Any image size: sides that are no multiples of 32 are padded inside and cut back.
std::shared_ptr<Model> make_encoder_unetpp(const std::string& encoder, const ModelShape& shape);

}  // namespace nadir
