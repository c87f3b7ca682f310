// EfficientNet (https://arxiv.org/abs/1905.11946) as timm has it, with symmetric padding: the layers of its
// classifier, and the encoder that segmentation_models.pytorch calls tu-efficientnet_b0 to b4, with its
// names.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include "models/encoders/encoder.h"

namespace nadir {

struct EfficientnetBody {
  torch::nn::Conv2d stem{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Sequential blocks;        // one layer for each of the seven stages
  std::vector<std::int64_t> channels;  // of each stage
};
// `variant` is b0 to b4.
EfficientnetBody make_efficientnet_body(const std::string& variant, const EncoderShape& shape);
// timm's first values for the convolutions below `module`.
void init_efficientnet(torch::nn::Module& module);

std::shared_ptr<Encoder> make_efficientnet_encoder(const std::string& variant, const EncoderShape& shape);

}  // namespace nadir
