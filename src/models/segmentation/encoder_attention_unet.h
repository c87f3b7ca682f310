// Attention U-Net (https://arxiv.org/abs/1804.03999) on an encoder: segmentation_models.pytorch's U-Net, with
// an additive gate on every skip.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

// Any image size: sides that are no multiples of 32 are padded inside and cut back.
std::shared_ptr<Model> make_encoder_attention_unet(const std::string& encoder, const ModelShape& shape);

}  // namespace nadir
