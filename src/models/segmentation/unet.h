// U-Net (https://arxiv.org/abs/1505.04597) with batch norm and four levels. Parameters of the default with 3
// bands and 8 classes: 7,763,272.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct UnetConfig {
  // none: the plain network; otherwise an encoder's name, with the decoder that its own users know:
  // resnet50: segmentation_models.pytorch's; keras.resnet34: Keras's segmentation_models; keras.resnet50:
  // keras-unet-collection.
  std::string encoder = "none";
  std::int64_t start = 32;  // plain: channels of the first level; each level below has twice as many
  bool bilinear =
      false;  // plain: enlarge by interpolation (corners aligned) instead of transposed convolutions
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size: sides that are no multiples of 16 (with an encoder 32) are padded inside and cut back.
std::shared_ptr<Model> make_unet(const UnetConfig& config, const ModelShape& shape);

}  // namespace nadir
