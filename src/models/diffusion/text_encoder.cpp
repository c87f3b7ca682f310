#include "models/diffusion/text_encoder.h"

#include <torch/nn.h>

#include "models/blocks/linear.h"

namespace nadir {
namespace {

torch::Tensor activate(const std::string& name, const torch::Tensor& x) {
  return name == "gelu" ? torch::gelu(x) : x * torch::sigmoid(1.702 * x);
}

torch::nn::LayerNorm layer_norm(const TextEncoderConfig& config) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({config.channels}).eps(config.norm_eps));
}

class CausalAttentionImpl : public torch::nn::Module {
 public:
  explicit CausalAttentionImpl(const TextEncoderConfig& config) : heads_(config.heads) {
    const std::int64_t c = config.channels;
    k_proj_ = register_module("k_proj", Linear(c, c));
    v_proj_ = register_module("v_proj", Linear(c, c));
    q_proj_ = register_module("q_proj", Linear(c, c));
    out_proj_ = register_module("out_proj", Linear(c, c));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const auto split = [&](const torch::Tensor& y) {
      return y.reshape({y.size(0), y.size(1), heads_, -1}).transpose(1, 2);
    };
    const torch::Tensor y = at::scaled_dot_product_attention(split(q_proj_(x)), split(k_proj_(x)),
                                                             split(v_proj_(x)), {}, 0, /*is_causal=*/true);
    return out_proj_(y.transpose(1, 2).reshape(x.sizes()));
  }

 private:
  std::int64_t heads_;
  Linear k_proj_{nullptr}, v_proj_{nullptr}, q_proj_{nullptr}, out_proj_{nullptr};
};
TORCH_MODULE(CausalAttention);

class FeedForwardImpl : public torch::nn::Module {
 public:
  explicit FeedForwardImpl(const TextEncoderConfig& config) : activation_(config.activation) {
    fc1_ = register_module("fc1", Linear(config.channels, config.hidden));
    fc2_ = register_module("fc2", Linear(config.hidden, config.channels));
  }
  torch::Tensor forward(const torch::Tensor& x) { return fc2_(activate(activation_, fc1_(x))); }

 private:
  std::string activation_;
  Linear fc1_{nullptr}, fc2_{nullptr};
};
TORCH_MODULE(FeedForward);

class TextLayerImpl : public torch::nn::Module {
 public:
  explicit TextLayerImpl(const TextEncoderConfig& config) {
    self_attn_ = register_module("self_attn", CausalAttention(config));
    layer_norm1_ = register_module("layer_norm1", layer_norm(config));
    mlp_ = register_module("mlp", FeedForward(config));
    layer_norm2_ = register_module("layer_norm2", layer_norm(config));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = x + self_attn_(layer_norm1_(x));
    return y + mlp_(layer_norm2_(y));
  }

 private:
  CausalAttention self_attn_{nullptr};
  torch::nn::LayerNorm layer_norm1_{nullptr}, layer_norm2_{nullptr};
  FeedForward mlp_{nullptr};
};
TORCH_MODULE(TextLayer);

// Only there for the names of published checkpoints.
class GroupImpl : public torch::nn::Module {};
TORCH_MODULE(Group);

class ClipTextEncoder final : public TextEncoder {
 public:
  explicit ClipTextEncoder(const TextEncoderConfig& config) : config_(config) {
    Group model = register_module("text_model", Group());
    Group embeddings = model->register_module("embeddings", Group());
    token_embedding_ = embeddings->register_module("token_embedding",
                                                   torch::nn::Embedding(config.vocabulary, config.channels));
    position_embedding_ = embeddings->register_module("position_embedding",
                                                      torch::nn::Embedding(config.tokens, config.channels));
    layers_ = model->register_module("encoder", Group())->register_module("layers", torch::nn::ModuleList());
    for (std::int64_t i = 0; i < config.layers; ++i) layers_->push_back(TextLayer(config));
    final_layer_norm_ = model->register_module("final_layer_norm", layer_norm(config));
  }

  Output forward(const torch::Tensor& ids) override {
    if (ids.size(1) > config_.tokens) {
      throw ModelError("the text encoder takes " + std::to_string(config_.tokens) + " tokens at most, not " +
                       std::to_string(ids.size(1)));
    }
    const torch::Tensor places = torch::arange(ids.size(1), ids.options());
    torch::Tensor x = token_embedding_(ids) + position_embedding_(places);
    for (const auto& layer : *layers_) x = layer->as<TextLayer>()->forward(x);
    x = final_layer_norm_(x);
    return {x, x.index({torch::arange(ids.size(0), ids.options()), ends(ids)})};
  }

  const TextEncoderConfig& config() const override { return config_; }

 private:
  // The place of each row's first end token. Configs written before transformers 4.31 carry the wrong id 2;
  // there the end is the largest id.
  torch::Tensor ends(const torch::Tensor& ids) const {
    return config_.end_token == 2 ? ids.argmax(1) : (ids == config_.end_token).to(torch::kInt32).argmax(1);
  }

  TextEncoderConfig config_;
  torch::nn::Embedding token_embedding_{nullptr}, position_embedding_{nullptr};
  torch::nn::ModuleList layers_{nullptr};
  torch::nn::LayerNorm final_layer_norm_{nullptr};
};

}  // namespace

TextEncoderConfig read_text_encoder_config(CheckedJson json) {
  TextEncoderConfig config;
  config.vocabulary = json.integer("vocab_size", 49408);
  config.tokens = json.integer("max_position_embeddings", 77);
  config.channels = json.integer("hidden_size", 512);
  config.hidden = json.integer("intermediate_size", 2048);
  config.layers = json.integer("num_hidden_layers", 12);
  config.heads = json.integer("num_attention_heads", 8);
  config.activation = json.text("hidden_act", "quick_gelu");
  config.norm_eps = json.number("layer_norm_eps", 1e-5);
  config.end_token = json.integer("eos_token_id", 49407);
  if (config.activation != "gelu" && config.activation != "quick_gelu")
    json.refuse("hidden_act", "gelu, quick_gelu");
  if (config.heads < 1 || config.channels < 1 || config.channels % config.heads != 0) {
    json.refuse("hidden_size", "a multiple of num_attention_heads");
  }
  json.ignore({"architectures", "attention_dropout", "dropout", "bos_token_id", "pad_token_id",
               "initializer_factor", "initializer_range", "model_type", "projection_dim", "torch_dtype",
               "dtype", "transformers_version"});
  json.finish();
  return config;
}

std::shared_ptr<TextEncoder> make_text_encoder(const TextEncoderConfig& config) {
  return std::make_shared<ClipTextEncoder>(config);
}

}  // namespace nadir
