#include "models/diffusion/denoiser.h"

#include <torch/nn.h>

#include "models/blocks/recompute.h"
#include "models/diffusion/adaptable_linear.h"
#include "models/diffusion/residual.h"
#include "models/diffusion/spatial_transformer.h"
#include "models/diffusion/time_embedding.h"

namespace nadir {
namespace {

// What all blocks look at beside the map.
struct Condition {
  torch::Tensor time;     // [N, 4 * first level's channels]
  torch::Tensor context;  // [N, tokens, channels]
  bool recompute = false;
};

// A block's function of (map, time, context), whose inner maps are kept, or computed again when asked for.
template <class Block>
torch::Tensor run(const Block& block, const torch::Tensor& x, const Condition& condition,
                  std::initializer_list<torch::nn::Module*> modules) {
  if (!condition.recompute) return block(x, condition);
  std::vector<torch::Tensor> weights;
  for (torch::nn::Module* each : modules) {
    if (!each) continue;
    for (const torch::Tensor& weight : learning_weights(*each)) weights.push_back(weight);
  }
  return recompute(
      [block](const std::vector<torch::Tensor>& in) {
        return block(in[0], Condition{in[1], in[2]});
      },
      {x, condition.time, condition.context}, weights);
}

// Residual blocks, each followed by attention where the level attends.
class LevelImpl : public torch::nn::Module {
 public:
  LevelImpl(const DenoiserConfig& config, const DenoiserLevel& level, const std::vector<std::int64_t>& in) {
    const GroupNormFlavour norm{config.groups, config.norm_eps};
    if (level.attends) attentions_ = register_module("attentions", torch::nn::ModuleList());
    resnets_ = register_module("resnets", torch::nn::ModuleList());
    for (const std::int64_t channels : in) {
      resnets_->push_back(ResidualBlock(channels, level.channels, 4 * config.levels.front().channels, norm));
      if (level.attends) {
        attentions_->push_back(make_spatial_transformer({.channels = level.channels,
                                                         .heads = level.heads,
                                                         .context = config.context,
                                                         .groups = config.groups,
                                                         .linear_projection = config.linear_projection}));
      }
    }
  }
  std::size_t size() const { return resnets_->size(); }
  torch::Tensor step(std::size_t i, const torch::Tensor& x, const Condition& condition) {
    auto* residual = resnets_[i]->as<ResidualBlock>();
    auto* attention = attentions_ ? attentions_[i]->as<SpatialTransformer>() : nullptr;
    const auto block = [=](const torch::Tensor& map, const Condition& seen) {
      const torch::Tensor y = residual->forward(map, seen.time);
      return attention ? attention->forward(y, seen.context) : y;
    };
    return run(block, x, condition, {residual, attention});
  }

 private:
  torch::nn::ModuleList attentions_{nullptr}, resnets_{nullptr};
};

class DownImpl final : public LevelImpl {
 public:
  DownImpl(const DenoiserConfig& config, const DenoiserLevel& level, const std::vector<std::int64_t>& in,
           bool last)
      : LevelImpl(config, level, in) {
    if (last) return;
    halving_ = Halving(level.channels, 1);
    register_module("downsamplers", torch::nn::ModuleList())->push_back(halving_);
  }
  // Adds every map that it makes to `skips`.
  torch::Tensor forward(torch::Tensor x, const Condition& condition, std::vector<torch::Tensor>& skips) {
    for (std::size_t i = 0; i < size(); ++i) {
      x = step(i, x, condition);
      skips.push_back(x);
    }
    if (!halving_) return x;
    skips.push_back(halving_(x));
    return skips.back();
  }

 private:
  Halving halving_{nullptr};
};
TORCH_MODULE(Down);

class UpImpl final : public LevelImpl {
 public:
  UpImpl(const DenoiserConfig& config, const DenoiserLevel& level, const std::vector<std::int64_t>& in,
         bool last)
      : LevelImpl(config, level, in) {
    if (last) return;
    doubling_ = Doubling(level.channels);
    register_module("upsamplers", torch::nn::ModuleList())->push_back(doubling_);
  }
  // Takes its skips from the end of `skips`.
  torch::Tensor forward(torch::Tensor x, const Condition& condition, std::vector<torch::Tensor>& skips) {
    for (std::size_t i = 0; i < size(); ++i) {
      x = step(i, torch::cat({x, skips.back()}, 1), condition);
      skips.pop_back();
    }
    if (!doubling_) return x;
    // The next skip's own size: twice this one's, or one less where a side was odd.
    return doubling_(x, std::vector<std::int64_t>{skips.back().size(2), skips.back().size(3)});
  }

 private:
  Doubling doubling_{nullptr};
};
TORCH_MODULE(Up);

class MiddleImpl : public torch::nn::Module {
 public:
  explicit MiddleImpl(const DenoiserConfig& config) {
    const DenoiserLevel& level = config.levels.back();
    const std::int64_t time = 4 * config.levels.front().channels;
    attentions_ = register_module("attentions", torch::nn::ModuleList());
    resnets_ = register_module("resnets", torch::nn::ModuleList());
    attentions_->push_back(make_spatial_transformer({.channels = level.channels,
                                                     .heads = level.heads,
                                                     .context = config.context,
                                                     .groups = config.groups,
                                                     .linear_projection = config.linear_projection}));
    for (int i = 0; i < 2; ++i) {
      resnets_->push_back(ResidualBlock(level.channels, level.channels, time,
                                        GroupNormFlavour{config.groups, config.norm_eps}));
    }
  }
  torch::Tensor forward(const torch::Tensor& x, const Condition& condition) {
    const auto block = [this](const torch::Tensor& map, const Condition& seen) {
      torch::Tensor y = resnets_[0]->as<ResidualBlock>()->forward(map, seen.time);
      y = attentions_[0]->as<SpatialTransformer>()->forward(y, seen.context);
      return resnets_[1]->as<ResidualBlock>()->forward(y, seen.time);
    };
    return run(block, x, condition, {this});
  }

 private:
  torch::nn::ModuleList attentions_{nullptr}, resnets_{nullptr};
};
TORCH_MODULE(Middle);

torch::nn::Conv2d conv3x3(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).padding(1));
}

class ConditionalUnet final : public Denoiser {
 public:
  explicit ConditionalUnet(const DenoiserConfig& config) : config_(config) {
    const std::int64_t first = config.levels.front().channels;
    conv_in_ = register_module("conv_in", conv3x3(config.in_channels, first));
    time_embedding_ = register_module("time_embedding", TimeEmbedding(first, 4 * first));
    if (config.metadata > 0) {
      metadata_embedding_ = register_module("metadata_embedding", torch::nn::ModuleList());
      for (std::int64_t i = 0; i < config.metadata; ++i) {
        metadata_embedding_->push_back(TimeEmbedding(first, 4 * first));
      }
    }
    make_levels();
    conv_norm_out_ = register_module("conv_norm_out", group_norm(first, {config.groups, config.norm_eps}));
    conv_out_ = register_module("conv_out", conv3x3(first, config.out_channels));
  }

  torch::Tensor forward(const torch::Tensor& sample, const torch::Tensor& timestep,
                        const torch::Tensor& context, const torch::Tensor& metadata) override {
    const Condition condition{embed(sample, timestep, metadata), context, recompute_};
    torch::Tensor x = conv_in_(sample);
    std::vector<torch::Tensor> skips = {x};
    for (const auto& level : *down_) x = level->as<Down>()->forward(x, condition, skips);
    x = middle_(x, condition);
    for (const auto& level : *up_) x = level->as<Up>()->forward(x, condition, skips);
    return conv_out_(norm_silu(conv_norm_out_, x));
  }

  const DenoiserConfig& config() const override { return config_; }
  void set_recompute(bool on) override { recompute_ = on; }

 private:
  void make_levels() {
    const std::vector<DenoiserLevel>& levels = config_.levels;
    const auto layers = static_cast<std::size_t>(config_.layers_per_block);
    // Channels of the skips in the order in which they are made.
    std::vector<std::int64_t> skips = {levels.front().channels};
    down_ = register_module("down_blocks", torch::nn::ModuleList());
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const bool last = i + 1 == levels.size();
      std::vector<std::int64_t> in(layers, levels[i].channels);
      in.front() = skips.back();
      down_->push_back(Down(config_, levels[i], in, last));
      skips.insert(skips.end(), layers + (last ? 0 : 1), levels[i].channels);
    }
    middle_ = register_module("mid_block", Middle(config_));
    up_ = register_module("up_blocks", torch::nn::ModuleList());
    std::int64_t channels = levels.back().channels;
    for (std::size_t i = levels.size(); i-- > 0;) {
      std::vector<std::int64_t> in;
      for (std::size_t k = 0; k < layers + 1; ++k) {
        in.push_back(channels + skips.back());
        skips.pop_back();
        channels = levels[i].channels;
      }
      up_->push_back(Up(config_, levels[i], in, i == 0));
    }
  }

  // [N, 4 * first level's channels]
  torch::Tensor embed(const torch::Tensor& sample, const torch::Tensor& timestep,
                      const torch::Tensor& metadata) {
    const FrequencyConfig frequencies{config_.levels.front().channels, config_.cosine_first,
                                      config_.frequency_shift};
    const auto waves = [&](const torch::Tensor& numbers) {
      return embed_frequencies(numbers, frequencies).to(sample.scalar_type());
    };
    torch::Tensor embedded = time_embedding_(waves(timestep.expand({sample.size(0)})));
    if (metadata.defined() != (config_.metadata > 0)) {
      throw ModelError(metadata.defined() ? "the U-Net was trained without metadata, and metadata was given"
                                          : "the U-Net wants metadata, and none was given");
    }
    for (std::int64_t i = 0; i < config_.metadata; ++i) {
      embedded = embedded + metadata_embedding_[static_cast<std::size_t>(i)]->as<TimeEmbedding>()->forward(
                                waves(metadata.select(1, i)));
    }
    return embedded;
  }

  DenoiserConfig config_;
  bool recompute_ = false;
  torch::nn::Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  TimeEmbedding time_embedding_{nullptr};
  torch::nn::ModuleList metadata_embedding_{nullptr}, down_{nullptr}, up_{nullptr};
  Middle middle_{nullptr};
  torch::nn::GroupNorm conv_norm_out_{nullptr};
};

}  // namespace

std::shared_ptr<Denoiser> make_denoiser(const DenoiserConfig& config) {
  return std::make_shared<ConditionalUnet>(config);
}

}  // namespace nadir
