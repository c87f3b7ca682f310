// DenseNet (https://arxiv.org/abs/1608.06993) as torchvision has it: the layers of its classifier, and the
// encoder that segmentation_models.pytorch makes of them, whose maps are those before each pooling.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include "models/encoders/encoder.h"

namespace nadir {

struct DensenetFeatures {
  torch::nn::Sequential layers;
  std::vector<std::int64_t> channels;  // of the maps of 1/2 to 1/32 of the size
};
// `depth` is 121 or 169. Convolutions have torchvision's first values.
DensenetFeatures make_densenet_features(std::int64_t depth, std::int64_t bands);

std::shared_ptr<Encoder> make_densenet_encoder(std::int64_t depth, const EncoderShape& shape);

}  // namespace nadir
