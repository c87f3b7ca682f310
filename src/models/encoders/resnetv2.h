// ResNetV2 (https://arxiv.org/abs/1603.05027), with activation before the convolutions, as timm's resnetv2_50
// has it: the parts of its classifier, and the encoder that segmentation_models.pytorch calls tu-resnetv2_50,
// with its names.
#pragma once

#include <torch/nn/modules/container/any.h>
#include <torch/nn/modules/conv.h>

#include "models/encoders/encoder.h"

namespace nadir {

struct Resnetv2Body {
  torch::nn::Conv2d stem{nullptr};
  std::vector<torch::nn::AnyModule> stages;  // four; a 3x3 pooling of stride 2 comes before them
  std::vector<std::int64_t> channels;        // of the stem and of each stage
};
// `depth` is 50 or 101. Convolutions have timm's first values.
Resnetv2Body make_resnetv2_body(std::int64_t depth, const EncoderShape& shape);

std::shared_ptr<Encoder> make_resnetv2_encoder(std::int64_t depth, const EncoderShape& shape);

}  // namespace nadir
