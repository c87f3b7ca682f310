// U-Net with a pretrained kind of encoder, as segmentation_models.pytorch has it, with its tensor names.
// Parameters with 4 classes and 3 bands: resnet34 24,436,804; with 2 classes: resnet50 32,521,250.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

// Any image size: sides that are no multiples of 32 are padded inside and cut back.
std::shared_ptr<Model> make_encoder_unet(const std::string& encoder, const ModelShape& shape);

}  // namespace nadir
