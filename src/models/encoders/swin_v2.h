// Swin Transformer V2 (https://arxiv.org/abs/2111.09883) as torchvision has it: the layers of its classifier,
// and an encoder with the same names, which SatlasPretrain's weights have too.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include "models/encoders/encoder.h"

namespace nadir {

struct SwinV2Features {
  torch::nn::Sequential layers;        // patches, then a stage and a merging by turns; maps are [N, H, W, C]
  std::vector<std::int64_t> channels;  // of the four stages
};
// `variant` is t, s or b. Layers have torchvision's first values.
SwinV2Features make_swin_v2_features(const std::string& variant, std::int64_t bands);

std::shared_ptr<Encoder> make_swin_v2_encoder(const std::string& variant, const EncoderShape& shape);

}  // namespace nadir
