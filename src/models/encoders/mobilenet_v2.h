// MobileNetV2 (https://arxiv.org/abs/1801.04381) as torchvision has it: the layers of its classifier, and the
// encoder that segmentation_models.pytorch makes of them.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include "models/encoders/encoder.h"

namespace nadir {

inline constexpr std::int64_t kMobilenetV2Channels = 1280;  // of the last map
// Convolutions have torchvision's first values.
torch::nn::Sequential make_mobilenet_v2_features(std::int64_t bands);

std::shared_ptr<Encoder> make_mobilenet_v2_encoder(const EncoderShape& shape);

}  // namespace nadir
