#include "models/diffusion/spatial_transformer.h"

#include <torch/nn.h>

#include "models/blocks/attention.h"
#include "models/diffusion/adaptable_linear.h"
#include "models/diffusion/residual.h"

namespace nadir {
namespace {

// Queries from `x`, keys and values from `context`, which is `x` itself in self attention.
class TokenAttentionImpl : public torch::nn::Module {
 public:
  TokenAttentionImpl(std::int64_t channels, std::int64_t context, std::int64_t heads) : heads_(heads) {
    to_q_ = register_module("to_q", AdaptableLinear(channels, channels, false));
    to_k_ = register_module("to_k", AdaptableLinear(context, channels, false));
    to_v_ = register_module("to_v", AdaptableLinear(context, channels, false));
    to_out_ = register_module("to_out", torch::nn::Sequential(AdaptableLinear(channels, channels)));
  }
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& context) {
    return to_out_->forward(attend(to_q_(x), to_k_(context), to_v_(context), heads_));
  }

 private:
  std::int64_t heads_;
  AdaptableLinear to_q_{nullptr}, to_k_{nullptr}, to_v_{nullptr};
  torch::nn::Sequential to_out_{nullptr};
};
TORCH_MODULE(TokenAttention);

// GELU-gated linear unit (Shazeer 2020).
class GatedUnitImpl : public torch::nn::Module {
 public:
  GatedUnitImpl(std::int64_t in, std::int64_t out) : proj_(register_module("proj", Linear(in, 2 * out))) {}
  torch::Tensor forward(const torch::Tensor& x) {
    const std::vector<torch::Tensor> halves = proj_(x).chunk(2, -1);
    return halves[0] * torch::gelu(halves[1]);
  }

 private:
  Linear proj_;
};
TORCH_MODULE(GatedUnit);

class FeedForwardImpl : public torch::nn::Module {
 public:
  explicit FeedForwardImpl(std::int64_t channels) {
    net_ = register_module("net", torch::nn::ModuleList());
    net_->push_back(GatedUnit(channels, 4 * channels));
    net_->push_back(torch::nn::Dropout(0));  // keeps diffusers' numbering
    net_->push_back(Linear(4 * channels, channels));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return net_[2]->as<Linear>()->forward(net_[0]->as<GatedUnit>()->forward(x));
  }

 private:
  torch::nn::ModuleList net_{nullptr};
};
TORCH_MODULE(FeedForward);

class TransformerLayerImpl : public torch::nn::Module {
 public:
  explicit TransformerLayerImpl(const SpatialTransformerShape& shape) {
    const auto norm = [&] { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({shape.channels})); };
    norm1_ = register_module("norm1", norm());
    attn1_ = register_module("attn1", TokenAttention(shape.channels, shape.channels, shape.heads));
    norm2_ = register_module("norm2", norm());
    attn2_ = register_module("attn2", TokenAttention(shape.channels, shape.context, shape.heads));
    norm3_ = register_module("norm3", norm());
    ff_ = register_module("ff", FeedForward(shape.channels));
  }
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& context) {
    const torch::Tensor tokens = norm1_(x);
    x = add_to(attn1_(tokens, tokens), x);
    x = add_to(attn2_(norm2_(x), context), x);
    return add_to(ff_(norm3_(x)), x);
  }

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr}, norm3_{nullptr};
  TokenAttention attn1_{nullptr}, attn2_{nullptr};
  FeedForward ff_{nullptr};
};
TORCH_MODULE(TransformerLayer);

class DiffusersTransformer final : public SpatialTransformer {
 public:
  explicit DiffusersTransformer(const SpatialTransformerShape& shape) : shape_(shape) {
    norm_ = register_module("norm", group_norm(shape.channels, {.groups = shape.groups, .eps = 1e-6}));
    add_projection("proj_in");
    layers_ = register_module("transformer_blocks", torch::nn::ModuleList());
    for (std::int64_t i = 0; i < shape.layers; ++i) layers_->push_back(TransformerLayer(shape));
    add_projection("proj_out");
  }

  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& context) override {
    const std::int64_t height = x.size(2), width = x.size(3);
    const auto to_tokens = [](const torch::Tensor& map) { return map.flatten(2).transpose(1, 2); };
    const auto to_map = [&](const torch::Tensor& tokens) {
      return tokens.transpose(1, 2).reshape({x.size(0), shape_.channels, height, width});
    };
    torch::Tensor y = norm_(x);
    y = shape_.linear_projection ? project("proj_in", to_tokens(y)) : to_tokens(project("proj_in", y));
    for (const auto& layer : *layers_) y = layer->as<TransformerLayer>()->forward(y, context);
    y = shape_.linear_projection ? to_map(project("proj_out", y)) : project("proj_out", to_map(y));
    return add_to(y, x);
  }

 private:
  void add_projection(const std::string& name) {
    const std::int64_t c = shape_.channels;
    if (shape_.linear_projection) {
      register_module(name, Linear(c, c));
    } else {
      register_module(name, torch::nn::Conv2d(torch::nn::Conv2dOptions(c, c, 1)));
    }
  }
  torch::Tensor project(const std::string& name, const torch::Tensor& x) {
    torch::nn::Module& layer = *named_children()[name];
    if (shape_.linear_projection) return layer.as<Linear>()->forward(x);
    return layer.as<torch::nn::Conv2d>()->forward(x);
  }

  SpatialTransformerShape shape_;
  torch::nn::GroupNorm norm_{nullptr};
  torch::nn::ModuleList layers_{nullptr};
};

}  // namespace

std::shared_ptr<SpatialTransformer> make_spatial_transformer(const SpatialTransformerShape& shape) {
  return std::make_shared<DiffusersTransformer>(shape);
}

}  // namespace nadir
