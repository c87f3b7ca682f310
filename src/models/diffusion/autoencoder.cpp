#include "models/diffusion/autoencoder.h"

#include <torch/nn.h>

#include "models/blocks/attention.h"
#include "models/diffusion/residual.h"

namespace nadir {
namespace {

torch::nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel).padding(kernel / 2));
}

GroupNormFlavour norm_of(const AutoencoderConfig& config) { return {config.groups, 1e-6}; }

// Attention of one head over all pixels.
class PixelAttentionImpl : public torch::nn::Module {
 public:
  PixelAttentionImpl(std::int64_t channels, const GroupNormFlavour& norm) {
    group_norm_ = register_module("group_norm", group_norm(channels, norm));
    to_q_ = register_module("to_q", Linear(channels, channels));
    to_k_ = register_module("to_k", Linear(channels, channels));
    to_v_ = register_module("to_v", Linear(channels, channels));
    to_out_ = register_module("to_out", torch::nn::Sequential(Linear(channels, channels)));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor tokens = group_norm_(x).flatten(2).transpose(1, 2);
    const torch::Tensor y = to_out_->forward(attend(to_q_(tokens), to_k_(tokens), to_v_(tokens), 1));
    return x + y.transpose(1, 2).reshape(x.sizes());
  }

 private:
  torch::nn::GroupNorm group_norm_{nullptr};
  Linear to_q_{nullptr}, to_k_{nullptr}, to_v_{nullptr};
  torch::nn::Sequential to_out_{nullptr};
};
TORCH_MODULE(PixelAttention);

class MiddleImpl : public torch::nn::Module {
 public:
  MiddleImpl(std::int64_t channels, const GroupNormFlavour& norm) {
    attentions_ = register_module("attentions", torch::nn::ModuleList());
    attentions_->push_back(PixelAttention(channels, norm));
    resnets_ = register_module("resnets", torch::nn::ModuleList());
    for (int i = 0; i < 2; ++i) resnets_->push_back(ResidualBlock(channels, channels, 0, norm));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y =
        attentions_[0]->as<PixelAttention>()->forward(resnets_[0]->as<ResidualBlock>()->forward(x));
    return resnets_[1]->as<ResidualBlock>()->forward(y);
  }

 private:
  torch::nn::ModuleList attentions_{nullptr}, resnets_{nullptr};
};
TORCH_MODULE(Middle);

// Residual blocks at one size, then half or twice of it but for the last level.
class LevelImpl : public torch::nn::Module {
 public:
  enum class Change { kNone, kHalve, kDouble };
  LevelImpl(std::int64_t in, std::int64_t out, std::int64_t blocks, const GroupNormFlavour& norm,
            Change change) {
    resnets_ = register_module("resnets", torch::nn::ModuleList());
    for (std::int64_t i = 0; i < blocks; ++i)
      resnets_->push_back(ResidualBlock(i == 0 ? in : out, out, 0, norm));
    if (change == Change::kHalve) {
      halving_ = Halving(out, 0);
      register_module("downsamplers", torch::nn::ModuleList())->push_back(halving_);
    } else if (change == Change::kDouble) {
      doubling_ = Doubling(out);
      register_module("upsamplers", torch::nn::ModuleList())->push_back(doubling_);
    }
  }
  torch::Tensor forward(torch::Tensor x) {
    for (const auto& block : *resnets_) x = block->as<ResidualBlock>()->forward(x);
    if (halving_) return halving_(x);
    return doubling_ ? doubling_(x) : x;
  }

 private:
  torch::nn::ModuleList resnets_{nullptr};
  Halving halving_{nullptr};
  Doubling doubling_{nullptr};
};
TORCH_MODULE(Level);

class ImageEncoderImpl : public torch::nn::Module {
 public:
  explicit ImageEncoderImpl(const AutoencoderConfig& config) {
    const std::vector<std::int64_t>& channels = config.channels;
    conv_in_ = register_module("conv_in", conv(config.in_channels, channels.front(), 3));
    levels_ = register_module("down_blocks", torch::nn::ModuleList());
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const auto change = i + 1 < channels.size() ? LevelImpl::Change::kHalve : LevelImpl::Change::kNone;
      levels_->push_back(
          Level(channels[i == 0 ? 0 : i - 1], channels[i], config.layers_per_block, norm_of(config), change));
    }
    middle_ = register_module("mid_block", Middle(channels.back(), norm_of(config)));
    conv_norm_out_ = register_module("conv_norm_out", group_norm(channels.back(), norm_of(config)));
    conv_out_ = register_module("conv_out", conv(channels.back(), 2 * config.latent_channels, 3));
  }
  torch::Tensor forward(const torch::Tensor& image) {
    torch::Tensor x = conv_in_(image);
    for (const auto& level : *levels_) x = level->as<Level>()->forward(x);
    return conv_out_(norm_silu(conv_norm_out_, middle_(x)));
  }

 private:
  torch::nn::Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  torch::nn::ModuleList levels_{nullptr};
  Middle middle_{nullptr};
  torch::nn::GroupNorm conv_norm_out_{nullptr};
};
TORCH_MODULE(ImageEncoder);

class ImageDecoderImpl : public torch::nn::Module {
 public:
  explicit ImageDecoderImpl(const AutoencoderConfig& config) {
    const std::vector<std::int64_t> channels(config.channels.rbegin(), config.channels.rend());
    conv_in_ = register_module("conv_in", conv(config.latent_channels, channels.front(), 3));
    middle_ = register_module("mid_block", Middle(channels.front(), norm_of(config)));
    levels_ = register_module("up_blocks", torch::nn::ModuleList());
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const auto change = i + 1 < channels.size() ? LevelImpl::Change::kDouble : LevelImpl::Change::kNone;
      levels_->push_back(Level(channels[i == 0 ? 0 : i - 1], channels[i], config.layers_per_block + 1,
                               norm_of(config), change));
    }
    conv_norm_out_ = register_module("conv_norm_out", group_norm(channels.back(), norm_of(config)));
    conv_out_ = register_module("conv_out", conv(channels.back(), config.out_channels, 3));
  }
  torch::Tensor forward(const torch::Tensor& latents) {
    torch::Tensor x = middle_(conv_in_(latents));
    for (const auto& level : *levels_) x = level->as<Level>()->forward(x);
    return conv_out_(norm_silu(conv_norm_out_, x));
  }

 private:
  torch::nn::Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  torch::nn::ModuleList levels_{nullptr};
  Middle middle_{nullptr};
  torch::nn::GroupNorm conv_norm_out_{nullptr};
};
TORCH_MODULE(ImageDecoder);

class AutoencoderKl final : public Autoencoder {
 public:
  explicit AutoencoderKl(const AutoencoderConfig& config) : config_(config) {
    const std::int64_t latent = config.latent_channels;
    encoder_ = register_module("encoder", ImageEncoder(config));
    decoder_ = register_module("decoder", ImageDecoder(config));
    quant_conv_ = register_module("quant_conv", conv(2 * latent, 2 * latent, 1));
    post_quant_conv_ = register_module("post_quant_conv", conv(latent, latent, 1));
  }
  LatentDistribution encode(const torch::Tensor& image) override {
    const std::int64_t side = config_.reduction();
    if (image.size(2) % side != 0 || image.size(3) % side != 0) {
      throw ModelError("the autoencoder takes sides that are multiples of " + std::to_string(side) +
                       ", not " + std::to_string(image.size(2)) + " x " + std::to_string(image.size(3)));
    }
    const std::vector<torch::Tensor> halves = quant_conv_(encoder_(image)).chunk(2, 1);
    return {halves[0], halves[1].clamp(-30, 20)};
  }
  torch::Tensor decode(const torch::Tensor& latents) override { return decoder_(post_quant_conv_(latents)); }
  const AutoencoderConfig& config() const override { return config_; }

 private:
  AutoencoderConfig config_;
  ImageEncoder encoder_{nullptr};
  ImageDecoder decoder_{nullptr};
  torch::nn::Conv2d quant_conv_{nullptr}, post_quant_conv_{nullptr};
};

void require_blocks(CheckedJson& json, const std::string& field, const std::string& kind, std::size_t count) {
  const std::vector<std::string> found = json.texts(field, std::vector<std::string>(count, kind));
  if (found != std::vector<std::string>(count, kind)) {
    json.refuse(field, std::to_string(count) + " of " + kind);
  }
}

}  // namespace

AutoencoderConfig read_autoencoder_config(CheckedJson json) {
  AutoencoderConfig config;
  config.in_channels = json.integer("in_channels", config.in_channels);
  config.out_channels = json.integer("out_channels", config.out_channels);
  config.latent_channels = json.integer("latent_channels", config.latent_channels);
  config.channels = json.integers("block_out_channels", {64});
  config.layers_per_block = json.integer("layers_per_block", 1);
  config.groups = json.integer("norm_num_groups", config.groups);
  config.scaling_factor = json.number("scaling_factor", config.scaling_factor);
  config.sample_size = json.integer("sample_size", 32);
  if (config.channels.empty()) json.refuse("block_out_channels", "one number or more");
  for (const std::int64_t each : config.channels) {
    if (config.groups < 1 || each < 1 || each % config.groups != 0) {
      json.refuse("block_out_channels", "multiples of norm_num_groups");
    }
  }
  require_blocks(json, "down_block_types", "DownEncoderBlock2D", config.channels.size());
  require_blocks(json, "up_block_types", "UpDecoderBlock2D", config.channels.size());
  json.only("act_fn", "silu");
  json.only("mid_block_add_attention", true);
  json.only("use_quant_conv", true);
  json.only("use_post_quant_conv", true);
  json.ignore({"force_upcast"});
  json.finish();
  return config;
}

torch::Tensor LatentDistribution::kl() const {
  return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum({1, 2, 3});
}

std::shared_ptr<Autoencoder> make_autoencoder(const AutoencoderConfig& config) {
  return std::make_shared<AutoencoderKl>(config);
}

}  // namespace nadir
