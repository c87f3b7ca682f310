#include "models/encoders/swin_v2.h"

#include <torch/nn.h>

#include <cmath>

#include "models/blocks/linear.h"
#include "models/blocks/shifted_window.h"
#include "models/blocks/stack.h"
#include "models/blocks/stochastic_depth.h"
#include "nadir/error.h"

namespace nadir {
namespace {

using torch::Tensor;

struct Variant {
  std::int64_t width;  // channels of the first stage
  std::array<std::int64_t, 4> blocks, heads;
  double drop;  // stochastic depth of the last block; falls to 0 at the first
};

Variant variant_of(const std::string& name) {
  if (name == "t") return {96, {2, 2, 6, 2}, {3, 6, 12, 24}, 0.2};
  if (name == "s") return {96, {2, 2, 18, 2}, {3, 6, 12, 24}, 0.3};
  if (name == "b") return {128, {2, 2, 18, 2}, {4, 8, 16, 32}, 0.5};
  throw ConfigError("variant is '" + name + "'; it is t, s or b");
}

torch::nn::LayerNorm layer_norm(std::int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
}

// [N, C, H, W] -> [N, H, W, C]
class ChannelsToEndImpl : public torch::nn::Module {
 public:
  Tensor forward(const Tensor& x) { return x.permute({0, 2, 3, 1}); }
};
TORCH_MODULE(ChannelsToEnd);

// Joins 2 x 2 neighbours: [N, H, W, C] -> [N, ceil(H / 2), ceil(W / 2), 2 C].
class MergeImpl : public torch::nn::Module {
 public:
  explicit MergeImpl(std::int64_t in) {
    reduction_ = register_module("reduction", Linear(torch::nn::LinearOptions(4 * in, 2 * in).bias(false)));
    norm_ = register_module("norm", layer_norm(2 * in));
  }
  Tensor forward(const Tensor& x) {
    const Tensor even = torch::constant_pad_nd(x, {0, 0, 0, x.size(2) % 2, 0, x.size(1) % 2});
    const auto every_second = [&](std::int64_t row, std::int64_t column) {
      return even.slice(1, row, {}, 2).slice(2, column, {}, 2);
    };
    return norm_(reduction_(
        torch::cat({every_second(0, 0), every_second(1, 0), every_second(0, 1), every_second(1, 1)}, -1)));
  }

 private:
  Linear reduction_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(Merge);

// Norms come after attention and perceptron, before the sum.
class BlockImpl : public torch::nn::Module {
 public:
  BlockImpl(std::int64_t width, std::int64_t heads, bool shifted, double drop) {
    norm1_ = register_module("norm1", layer_norm(width));
    attn_ = register_module("attn", ShiftedWindowAttention(width, heads, shifted));
    drop_ = register_module("stochastic_depth", torch::nn::Dropout(drop));
    norm2_ = register_module("norm2", layer_norm(width));
    mlp_ = register_module("mlp", torch::nn::Sequential(Linear(width, 4 * width), torch::nn::GELU(),
                                                        torch::nn::Dropout(0), Linear(4 * width, width)));
    torch::nn::init::zeros_(norm1_->weight);
    torch::nn::init::zeros_(norm2_->weight);
  }
  Tensor forward(const Tensor& x) {
    const Tensor y = x + stochastic_depth(norm1_(attn_(x)), drop_);
    return y + stochastic_depth(norm2_(mlp_->forward(y)), drop_);
  }

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  ShiftedWindowAttention attn_{nullptr};
  torch::nn::Dropout drop_{nullptr};
  torch::nn::Sequential mlp_{nullptr};
};
TORCH_MODULE(Block);

class SwinV2Encoder final : public Encoder {
 public:
  SwinV2Encoder(const std::string& variant, std::int64_t bands) {
    const SwinV2Features made = make_swin_v2_features(variant, bands);
    features_ = register_module("features", made.layers);
    channels_ = made.channels;
    channels_.insert(channels_.begin(), 0);
  }
  std::vector<Tensor> forward(const Tensor& image) override {
    std::vector<Tensor> maps = {image.new_empty({image.size(0), 0, image.size(2) / 2, image.size(3) / 2})};
    Tensor x = image;
    bool is_stage = false;
    for (auto& layer : *features_) {
      x = layer.forward(x);
      if (is_stage) maps.push_back(x.permute({0, 3, 1, 2}));
      is_stage = !is_stage;
    }
    return maps;
  }
  std::vector<std::int64_t> channels() const override { return channels_; }
  std::string first_convolution() const override { return "features.0.0"; }

 private:
  torch::nn::Sequential features_{nullptr};
  std::vector<std::int64_t> channels_;
};

void init(torch::nn::Module& module) {
  for (const auto& each : module.modules(/*include_self=*/false)) {
    auto* layer = dynamic_cast<torch::nn::LinearImpl*>(each.get());
    if (layer == nullptr) continue;
    torch::nn::init::normal_(layer->weight, 0, 0.02);
    if (layer->bias.defined()) torch::nn::init::zeros_(layer->bias);
  }
}

}  // namespace

SwinV2Features make_swin_v2_features(const std::string& variant, std::int64_t bands,
                                     std::optional<double> drop) {
  const auto [width, blocks, heads, usual_drop] = variant_of(variant);
  const double last_drop = drop.value_or(usual_drop);
  const double last = static_cast<double>(blocks[0] + blocks[1] + blocks[2] + blocks[3] - 1);
  const auto patches = torch::nn::Conv2d(torch::nn::Conv2dOptions(bands, width, 4).stride(4));
  SwinV2Features made;
  made.layers->push_back(Stack(patches, ChannelsToEnd(), layer_norm(width)));
  std::int64_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::int64_t channels = width << i;
    if (i > 0) made.layers->push_back(Merge(channels / 2));
    Stack stage;
    for (std::int64_t j = 0; j < blocks[i]; ++j) {
      stage->push_back(
          Block(channels, heads[i], j % 2 == 1, last_drop * static_cast<double>(number++) / last));
    }
    made.layers->push_back(stage);
    made.channels.push_back(channels);
  }
  init(*made.layers);
  return made;
}

std::shared_ptr<Encoder> make_swin_v2_encoder(const std::string& variant, const EncoderShape& shape) {
  return std::make_shared<SwinV2Encoder>(variant, shape.bands);
}

}  // namespace nadir
