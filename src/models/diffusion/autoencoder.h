// From pictures to latents and back: AutoencoderKL (Kingma and Welling 2014; Rombach et al. 2022).
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/diffusion/checked_json.h"

namespace nadir {

// diffusers' AutoencoderKL config; the defaults are SD's.
struct AutoencoderConfig {
  std::int64_t in_channels = 3, out_channels = 3;
  std::int64_t latent_channels = 4;
  std::vector<std::int64_t> channels = {128, 256, 512, 512};
  std::int64_t layers_per_block = 2;
  std::int64_t groups = 32;
  double scaling_factor = 0.18215;  // latents that the U-Net sees = encoded ones times this
  std::int64_t sample_size = 768;   // side of the pictures it was trained at
  // Pixels along one side of a latent pixel.
  std::int64_t reduction() const { return std::int64_t{1} << (channels.size() - 1); }
};
// Throws ModelError for what is not supported, naming file and field.
AutoencoderConfig read_autoencoder_config(CheckedJson json);

// A normal distribution for each latent value. [N, latent_channels, h, w]
struct LatentDistribution {
  torch::Tensor mean, log_variance;  // log_variance is clamped to -30 .. 20
  torch::Tensor sample(const torch::Tensor& noise) const { return mean + (log_variance / 2).exp() * noise; }
  torch::Tensor kl() const;  // [N], to the standard normal distribution, summed
};

class Autoencoder : public torch::nn::Module {
 public:
  // image: [N, in_channels, H, W] in -1 .. 1, sides multiples of reduction(). Not scaled by scaling_factor.
  virtual LatentDistribution encode(const torch::Tensor& image) = 0;
  // latents: [N, latent_channels, h, w], not scaled. Gives [N, out_channels, h * reduction, w * reduction].
  virtual torch::Tensor decode(const torch::Tensor& latents) = 0;
  virtual const AutoencoderConfig& config() const = 0;
};
// Tensor names are diffusers'. SD: 83,653,863 parameters.
std::shared_ptr<Autoencoder> make_autoencoder(const AutoencoderConfig& config);

// Stands in for an autoencoder where diffusion works on the pixels themselves: latents are the picture, both
// ways. Has no parameters; `channels` are those of the picture.
std::shared_ptr<Autoencoder> make_pixel_space(std::int64_t channels);

// Decodes tile by tile: memory follows the tile and not the picture. Tiles of `tile` latent pixels overlap by
// a quarter and are blended linearly, as diffusers' tiled_decode does; equal to decode() but for what the
// autoencoder sees beyond a tile.
torch::Tensor decode_tiled(Autoencoder& autoencoder, const torch::Tensor& latents, std::int64_t tile = 64);

}  // namespace nadir
