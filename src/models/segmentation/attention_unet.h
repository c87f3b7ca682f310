// Attention U-Net (https://arxiv.org/abs/1804.03999) on Keras's ResNet50 as keras-unet-collection's
// att_unet_2d makes it (transposed convolutions, additive gates). With 3 bands and 2 classes Keras counts
// 24,536,837 weights.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct AttentionUnetConfig {
  std::string encoder = "keras.resnet50";  // the part ResNet50_backbone
  void fields(FieldVisitor& visit);
};

// Any image size: sides that are no multiples of 16 are padded inside and cut back.
std::shared_ptr<Model> make_attention_unet(const AttentionUnetConfig& config, const ModelShape& shape);

}  // namespace nadir
