#include "models/blocks/decoder_block.h"

#include <torch/nn.h>

namespace nadir {

Stack relu_unit(std::int64_t in, std::int64_t out, const ConvShape& shape) {
  return Stack(conv(in, out, shape), batch_norm(out), torch::nn::ReLU(torch::nn::ReLUOptions(true)));
}

DecoderBlockImpl::DecoderBlockImpl(std::int64_t in, std::int64_t skip, std::int64_t out) {
  conv1_ = register_module("conv1", relu_unit(in + skip, out));
  conv2_ = register_module("conv2", relu_unit(out, out));
}

torch::Tensor DecoderBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& skip) {
  torch::Tensor y = doubled(x);
  if (skip.defined()) y = torch::cat({y, skip}, 1);
  return conv2_->forward(conv1_->forward(y));
}

torch::Tensor doubled(const torch::Tensor& map) {
  return torch::upsample_nearest2d(map, {2 * map.size(2), 2 * map.size(3)});
}

torch::Tensor enlarged(const torch::Tensor& map, std::int64_t factor) {
  if (factor == 1) return map;
  return torch::upsample_bilinear2d(map, {factor * map.size(2), factor * map.size(3)},
                                    /*align_corners=*/true);
}

void init_decoder(torch::nn::Module& module) {
  for (const auto& each : module.modules(/*include_self=*/false)) {
    if (auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get())) {
      torch::nn::init::kaiming_uniform_(layer->weight, 0, torch::kFanIn, torch::kReLU);
      if (layer->bias.defined()) torch::nn::init::zeros_(layer->bias);
    } else if (auto* linear = dynamic_cast<torch::nn::LinearImpl*>(each.get())) {
      torch::nn::init::xavier_uniform_(linear->weight);
      torch::nn::init::zeros_(linear->bias);
    }
  }
}

void init_head(torch::nn::Module& module) {
  for (const auto& each : module.modules(/*include_self=*/false)) {
    auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
    if (layer == nullptr) continue;
    torch::nn::init::xavier_uniform_(layer->weight);
    if (layer->bias.defined()) torch::nn::init::zeros_(layer->bias);
  }
}

}  // namespace nadir
