// The network that takes noise away: Stable Diffusion's conditional U-Net (Rombach et al. 2022), with the
// metadata of DiffusionSat's SatUNet (Khanna et al. 2023) where the config asks for it.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/diffusion/checked_json.h"

namespace nadir {

// A level of the U-Net: its channels, and whether it attends to the text.
struct DenoiserLevel {
  std::int64_t channels = 320;
  std::int64_t heads = 5;  // diffusers writes the number of heads under "attention_head_dim"
  bool attends = true;
};

// diffusers' UNet2DConditionModel config; the defaults are SD 2.1's.
struct DenoiserConfig {
  std::int64_t in_channels = 4, out_channels = 4;
  std::int64_t layers_per_block = 2;
  std::int64_t context = 1024;  // channels of the text's tokens
  std::int64_t groups = 32;
  double norm_eps = 1e-5;
  bool linear_projection = true;
  bool cosine_first = true;
  double frequency_shift = 0;
  std::int64_t sample_size = 96;  // side of the latents it was trained at
  std::int64_t metadata = 0;      // numbers of metadata; 0: none
  std::vector<DenoiserLevel> levels = {{320, 5, true}, {640, 10, true}, {1280, 20, true}, {1280, 20, false}};
};
// Throws ModelError for what is not supported, naming file and field.
DenoiserConfig read_denoiser_config(CheckedJson json);

class Denoiser : public torch::nn::Module {
 public:
  // sample: [N, in_channels, h, w], any h and w of at least 2^(levels - 1); timestep: [N] or [1]; context:
  // [N, tokens, channels]; metadata: [N, metadata] normalised (0 to 1000), or undefined for none (only where
  // the config has none). Gives [N, out_channels, h, w].
  virtual torch::Tensor forward(const torch::Tensor& sample, const torch::Tensor& timestep,
                                const torch::Tensor& context, const torch::Tensor& metadata = {}) = 0;
  virtual const DenoiserConfig& config() const = 0;
  // Training with less memory and about a third more time: each residual block with its attention is computed
  // again in the backward pass.
  virtual void set_recompute(bool on) = 0;
};
// Tensor names are diffusers'. SD 2.1: 865,910,724 parameters; with seven numbers of metadata 880,264,644.
std::shared_ptr<Denoiser> make_denoiser(const DenoiserConfig& config);

}  // namespace nadir
