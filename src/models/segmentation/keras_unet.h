// U-Net on Keras's ResNet50 as keras-unet-collection's unet_2d makes it (bilinear, batch norm). With 3 bands
// and 2 classes Keras counts 24,157,442 weights. Tensor names are Keras's; the encoder is the part
// ResNet50_backbone.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

// Any image size: sides that are no multiples of 16 are padded inside and cut back.
std::shared_ptr<Model> make_keras_resnet50_unet(const ModelShape& shape);

}  // namespace nadir
