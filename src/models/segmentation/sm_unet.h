// U-Net as Keras's segmentation_models makes it: nearest enlarging, five decoder stages, and layer names
// without parts. With 3 bands and 4 classes Keras counts 24,456,589 weights with keras.resnet34.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nadir/model.h"

namespace nadir {

// Any image size: sides that are no multiples of 32 are padded inside and cut back. `encoder` is one of the
// names below.
std::shared_ptr<Model> make_sm_unet(const std::string& encoder, const ModelShape& shape);
std::vector<std::string> sm_encoder_names();

}  // namespace nadir
