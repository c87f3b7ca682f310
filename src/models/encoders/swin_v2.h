// Swin Transformer V2 (https://arxiv.org/abs/2111.09883) as torchvision has it: the layers of its classifier,
// and an encoder with the same names, which SatlasPretrain's weights have too.
#pragma once

#include <torch/nn/modules/container/sequential.h>

#include <optional>

#include "models/encoders/encoder.h"

namespace nadir {

struct SwinV2Features {
  torch::nn::Sequential layers;        // patches, then a stage and a merging by turns; maps are [N, H, W, C]
  std::vector<std::int64_t> channels;  // of the four stages
};
// `variant` is t, s or b. `drop` is the stochastic depth of the last block, which falls to 0 at the first;
// left out, torchvision's for the variant. Layers begin with torchvision's values, but for the norms that end
// a block's branches: their weights are 0, as in the authors' code, so that the network begins as its patch
// embedding and mergings alone, and each block learns what to add.
SwinV2Features make_swin_v2_features(const std::string& variant, std::int64_t bands,
                                     std::optional<double> drop = {});

std::shared_ptr<Encoder> make_swin_v2_encoder(const std::string& variant, const EncoderShape& shape);

}  // namespace nadir
