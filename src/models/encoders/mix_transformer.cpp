#include "models/encoders/mix_transformer.h"

#include <torch/nn.h>

#include "models/blocks/attention.h"
#include "models/blocks/conv.h"
#include "models/blocks/depthwise.h"
#include "models/blocks/linear.h"
#include "models/blocks/stochastic_depth.h"

namespace nadir {
namespace {

using torch::Tensor;

constexpr double kDropPath = 0.1;  // of the last block; falls to 0 at the first
constexpr std::array<std::int64_t, 4> kHeads = {1, 2, 5, 8}, kReduction = {8, 4, 2, 1};

torch::nn::LayerNorm layer_norm(std::int64_t width, double eps) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(eps));
}
Tensor to_tokens(const Tensor& map) { return map.flatten(2).transpose(1, 2); }  // [N, C, H, W] -> [N, HW, C]
Tensor to_map(const Tensor& tokens, std::int64_t height, std::int64_t width) {
  return tokens.transpose(1, 2).reshape({tokens.size(0), tokens.size(2), height, width});
}

// Patches that overlap: a strided convolution and a norm.
class PatchEmbedImpl : public torch::nn::Module {
 public:
  PatchEmbedImpl(std::int64_t in, std::int64_t out, const ConvShape& shape) {
    proj_ = register_module("proj", conv(in, out, shape));
    norm_ = register_module("norm", layer_norm(out, 1e-5));
  }
  // Gives tokens, and the height and width of their map.
  std::tuple<Tensor, std::int64_t, std::int64_t> forward(const Tensor& map) {
    const Tensor x = proj_(map);
    return {norm_(to_tokens(x)), x.size(2), x.size(3)};
  }

 private:
  torch::nn::Conv2d proj_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(PatchEmbed);

// Keys and values come from a map that is `reduction` times smaller.
class AttentionImpl : public torch::nn::Module {
 public:
  AttentionImpl(std::int64_t width, std::int64_t heads, std::int64_t reduction) : heads_(heads) {
    q_ = register_module("q", Linear(width, width));
    kv_ = register_module("kv", Linear(width, 2 * width));
    proj_ = register_module("proj", Linear(width, width));
    if (reduction == 1) return;
    const ConvShape shrink{.kernel = reduction, .stride = reduction, .padding = 0, .bias = true};
    sr_ = register_module("sr", conv(width, width, shrink));
    norm_ = register_module("norm", layer_norm(width, 1e-5));
  }
  Tensor forward(const Tensor& x, std::int64_t height, std::int64_t width) {
    const Tensor seen = sr_ ? norm_(to_tokens(sr_(to_map(x, height, width)))) : x;
    const std::vector<Tensor> kv = kv_(seen).chunk(2, -1);
    return proj_(attend(q_(x), kv[0], kv[1], heads_));
  }

 private:
  std::int64_t heads_;
  Linear q_{nullptr}, kv_{nullptr}, proj_{nullptr};
  torch::nn::Conv2d sr_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(Attention);

class DepthwiseImpl : public torch::nn::Module {
 public:
  explicit DepthwiseImpl(std::int64_t width)
      : conv_(register_module("dwconv", conv(width, width, {.groups = width, .bias = true}))) {}
  Tensor forward(const Tensor& x, std::int64_t height, std::int64_t width) {
    return to_tokens(convolved(conv_, to_map(x, height, width)));
  }

 private:
  torch::nn::Conv2d conv_;
};
TORCH_MODULE(Depthwise);

// The depthwise convolution tells tokens where they are; there is no position embedding.
class MlpImpl : public torch::nn::Module {
 public:
  explicit MlpImpl(std::int64_t width) {
    fc1_ = register_module("fc1", Linear(width, 4 * width));
    dwconv_ = register_module("dwconv", Depthwise(4 * width));
    fc2_ = register_module("fc2", Linear(4 * width, width));
  }
  Tensor forward(const Tensor& x, std::int64_t height, std::int64_t width) {
    return fc2_(torch::gelu(dwconv_(fc1_(x), height, width)));
  }

 private:
  Linear fc1_{nullptr}, fc2_{nullptr};
  Depthwise dwconv_{nullptr};
};
TORCH_MODULE(Mlp);

class BlockImpl : public torch::nn::Module {
 public:
  BlockImpl(std::int64_t width, std::int64_t heads, std::int64_t reduction, double drop) {
    norm1_ = register_module("norm1", layer_norm(width, 1e-6));
    attn_ = register_module("attn", Attention(width, heads, reduction));
    norm2_ = register_module("norm2", layer_norm(width, 1e-6));
    mlp_ = register_module("mlp", Mlp(width));
    drop_ = register_module("drop_path", torch::nn::Dropout(drop));
  }
  Tensor forward(const Tensor& x, std::int64_t height, std::int64_t width) {
    const Tensor y = x + stochastic_depth(attn_(norm1_(x), height, width), drop_);
    return y + stochastic_depth(mlp_(norm2_(y), height, width), drop_);
  }

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  Attention attn_{nullptr};
  Mlp mlp_{nullptr};
  torch::nn::Dropout drop_{nullptr};
};
TORCH_MODULE(Block);

class MixTransformer final : public Encoder {
 public:
  MixTransformer(const std::array<std::int64_t, 4>& blocks, std::int64_t width, std::int64_t bands) {
    channels_ = {0, width, 2 * width, 5 * width, 8 * width};
    std::int64_t in = bands;
    for (std::size_t i = 0; i < 4; ++i) {
      const ConvShape first{.kernel = 7, .stride = 4, .bias = true}, other{.stride = 2, .bias = true};
      const std::string name = "patch_embed" + std::to_string(i + 1);
      embeds_.push_back(register_module(name, PatchEmbed(in, channels_[i + 1], i == 0 ? first : other)));
      in = channels_[i + 1];
    }
    const double last = static_cast<double>(blocks[0] + blocks[1] + blocks[2] + blocks[3] - 1);
    std::int64_t made = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::string number = std::to_string(i + 1);
      torch::nn::ModuleList stage;
      for (std::int64_t j = 0; j < blocks[i]; ++j) {
        const double drop = kDropPath * static_cast<double>(made++) / last;
        stage->push_back(Block(channels_[i + 1], kHeads[i], kReduction[i], drop));
      }
      stages_.push_back(register_module("block" + number, stage));
      norms_.push_back(register_module("norm" + number, layer_norm(channels_[i + 1], 1e-6)));
    }
    init();
  }

  std::vector<Tensor> forward(const Tensor& image) override {
    std::vector<Tensor> maps = {image.new_empty({image.size(0), 0, image.size(2) / 2, image.size(3) / 2})};
    Tensor x = image;
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      auto [tokens, height, width] = embeds_[i]->forward(x);
      for (const auto& block : *stages_[i]) tokens = block->as<Block>()->forward(tokens, height, width);
      x = to_map(norms_[i](tokens), height, width);
      maps.push_back(x);
    }
    return maps;
  }
  std::vector<std::int64_t> channels() const override { return channels_; }
  std::string first_convolution() const override { return "patch_embed1.proj"; }

 private:
  void init() {
    for (const auto& each : modules(/*include_self=*/false)) {
      if (auto* linear = dynamic_cast<torch::nn::LinearImpl*>(each.get())) {
        torch::nn::init::normal_(linear->weight, 0, 0.02);
        torch::nn::init::zeros_(linear->bias);
      } else if (auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get())) {
        const auto fan_out = layer->weight.size(0) * layer->weight[0][0].numel() / layer->options.groups();
        torch::nn::init::normal_(layer->weight, 0, std::sqrt(2 / static_cast<double>(fan_out)));
        torch::nn::init::zeros_(layer->bias);
      }
    }
  }

  std::vector<std::int64_t> channels_;
  std::vector<PatchEmbed> embeds_;
  std::vector<torch::nn::ModuleList> stages_;
  std::vector<torch::nn::LayerNorm> norms_;
};

}  // namespace

std::shared_ptr<Encoder> make_mix_transformer(const std::array<std::int64_t, 4>& blocks, std::int64_t width,
                                              const EncoderShape& shape) {
  return std::make_shared<MixTransformer>(blocks, width, shape.bands);
}

}  // namespace nadir
