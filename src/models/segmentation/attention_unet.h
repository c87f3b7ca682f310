// Attention U-Net (https://arxiv.org/abs/1804.03999), with additive gates: on Keras's ResNet50 as
// keras-unet-collection's att_unet_2d makes it (transposed convolutions), where with 3 bands and 2 classes
// Keras counts 24,536,837 weights, or on other encoders with segmentation_models.pytorch's U-Net decoder.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct AttentionUnetConfig {
  std::string encoder = "keras.resnet50";  // the part ResNet50_backbone; of others, encoder
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size: sides that are no multiples of 16 (with another encoder 32) are padded inside and cut back.
std::shared_ptr<Model> make_attention_unet(const AttentionUnetConfig& config, const ModelShape& shape);

}  // namespace nadir
