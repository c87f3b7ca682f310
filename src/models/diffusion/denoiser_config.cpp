#include "models/diffusion/denoiser.h"

namespace nadir {
namespace {

// Fields of diffusers' config that SD and DiffusionSat leave at one value.
void refuse_other_kinds(CheckedJson& json) {
  json.only("act_fn", "silu");
  json.only("center_input_sample", false);
  json.only("downsample_padding", 1);
  json.only("mid_block_scale_factor", 1);
  json.only("mid_block_type", "UNetMidBlock2DCrossAttn");
  json.only("only_cross_attention", false);
  json.only("dual_cross_attention", false);
  json.only("resnet_time_scale_shift", "default");
  json.only("resnet_skip_time_act", false);
  json.only("resnet_out_scale_factor", 1.0);
  json.only("time_embedding_type", "positional");
  json.only("attention_type", "default");
  json.only("conv_in_kernel", 3);
  json.only("conv_out_kernel", 3);
  json.only("transformer_layers_per_block", 1);
  json.only("dropout", 0.0);
  json.ignore({"upcast_attention", "addition_embed_type_num_heads", "cross_attention_norm"});
}

}  // namespace

DenoiserConfig read_denoiser_config(CheckedJson json) {
  DenoiserConfig config;
  refuse_other_kinds(json);
  config.in_channels = json.integer("in_channels", config.in_channels);
  config.out_channels = json.integer("out_channels", config.out_channels);
  config.layers_per_block = json.integer("layers_per_block", config.layers_per_block);
  config.context = json.integer("cross_attention_dim", 1280);
  config.groups = json.integer("norm_num_groups", config.groups);
  config.norm_eps = json.number("norm_eps", config.norm_eps);
  config.linear_projection = json.flag("use_linear_projection", false);
  config.cosine_first = json.flag("flip_sin_to_cos", true);
  config.frequency_shift = json.number("freq_shift", 0);
  config.sample_size = json.integer("sample_size", 64);
  const std::vector<std::int64_t> channels = json.integers("block_out_channels", {320, 640, 1280, 1280});
  const auto down = json.texts("down_block_types", {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                                                    "CrossAttnDownBlock2D", "DownBlock2D"});
  const auto up = json.texts("up_block_types",
                             {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"});
  if (down.size() != channels.size() || up.size() != channels.size() || channels.empty()) {
    json.refuse("down_block_types", "as many blocks as block_out_channels and up_block_types have");
  }
  // num_attention_heads is the newer name; where it is missing, attention_head_dim holds the heads.
  std::vector<std::int64_t> heads = json.each("attention_head_dim", channels.size(), 8);
  heads = json.each("num_attention_heads", channels.size(), 0).front() > 0
              ? json.each("num_attention_heads", channels.size(), 0)
              : heads;
  config.levels.clear();
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const bool attends = down[i] == "CrossAttnDownBlock2D";
    if (!attends && down[i] != "DownBlock2D")
      json.refuse("down_block_types", "CrossAttnDownBlock2D, DownBlock2D");
    const std::string mirrored = attends ? "CrossAttnUpBlock2D" : "UpBlock2D";
    if (up[channels.size() - 1 - i] != mirrored)
      json.refuse("up_block_types", "the mirror of down_block_types");
    if (channels[i] < 1 || heads[i] < 1 || channels[i] % heads[i] != 0) {
      json.refuse("block_out_channels", "multiples of the number of heads");
    }
    if (config.groups < 1 || channels[i] % config.groups != 0) {
      json.refuse("block_out_channels", "multiples of norm_num_groups");
    }
    config.levels.push_back({channels[i], heads[i], attends});
  }
  if (json.flag("use_metadata", false)) config.metadata = json.integer("num_metadata", 7);
  json.ignore({"num_metadata"});
  json.finish();
  return config;
}

}  // namespace nadir
