// How a sampling run begins: with noise alone, with a picture (img2img: Meng et al. 2022, SDEdit), or with a
// picture and a mask (inpainting: Lugmayr et al. 2022, and Rombach et al. 2022 for U-Nets that see the mask).
#include <torch/torch.h>

#include "generate/diffusion_model.h"

namespace nadir {
namespace {

std::string by(std::int64_t height, std::int64_t width) {
  return std::to_string(height) + " x " + std::to_string(width);
}

std::int64_t latent_side(const std::string& name, std::int64_t pixels, const DiffusionModel& model) {
  const std::int64_t reduction = model.autoencoder->config().reduction();
  if (pixels == 0) return model.denoiser->config().sample_size;
  if (pixels > 0 && pixels % reduction == 0) return pixels / reduction;
  throw ConfigError(name + ": " + std::to_string(pixels) + " pixels are no multiple of " +
                    std::to_string(reduction));
}

void check_pictures(const GenerateConfig& config, const DiffusionModel& model, bool sees_mask) {
  if (config.mask.defined() && !config.image.defined()) {
    throw ConfigError("a mask says where a picture is painted anew: give the picture, too");
  }
  if (sees_mask && !config.mask.defined()) {
    throw ConfigError("this U-Net was trained for inpainting: it wants a picture and a mask");
  }
  if (!config.image.defined()) return;
  const at::Tensor& image = config.image;
  const std::int64_t bands = model.autoencoder->config().in_channels;
  if (image.dim() != 3 || image.size(0) != bands || image.scalar_type() != torch::kUInt8) {
    throw ConfigError("the picture to begin from has to have " + std::to_string(bands) + " bands of 8 bits");
  }
  if ((config.height && config.height != image.size(1)) || (config.width && config.width != image.size(2))) {
    throw ConfigError("the picture to begin from has " + by(image.size(1), image.size(2)) +
                      " pixels, and the size asked for is " + by(config.height, config.width));
  }
  if (config.mask.defined() && (config.mask.dim() != 2 || config.mask.sizes() != image.sizes().slice(1))) {
    throw ConfigError("the mask has to have one band and the picture's " + by(image.size(1), image.size(2)) +
                      " pixels");
  }
  if (config.strength && !(*config.strength > 0 && *config.strength <= 1)) {
    throw ConfigError("strength is more than 0, and 1 at most");
  }
}

// pixels: [1, C, H, W] in -1 .. 1. A sample of what the autoencoder sees, as the U-Net sees it.
torch::Tensor encode_image(DiffusionModel& model, const torch::Tensor& pixels, at::Generator& generator) {
  const LatentDistribution seen =
      model.autoencoder->encode(pixels.to(model.device, model.type).contiguous(model.memory_format()));
  const torch::Tensor noise = draw_noise(generator, seen.mean.sizes(), model).to(model.type);
  return (seen.sample(noise) * model.autoencoder->config().scaling_factor).to(torch::kFloat32);
}

}  // namespace

double strength_of(const GenerateConfig& config) {
  return config.strength.value_or(config.mask.defined() ? 1 : 0.8);
}

torch::Tensor draw_noise(at::Generator& generator, at::IntArrayRef shape, const DiffusionModel& model) {
  return torch::randn(shape, generator, torch::kFloat32).to(model.device);
}

SamplingStart make_start(DiffusionModel& model, const GenerateConfig& config, at::Generator& generator) {
  const AutoencoderConfig& autoencoder = model.autoencoder->config();
  const std::int64_t channels = autoencoder.latent_channels, seen = model.denoiser->config().in_channels;
  const bool sees_mask = seen == 2 * channels + 1;
  if (!sees_mask && seen != channels) {
    throw ModelError("the U-Net takes " + std::to_string(seen) + " channels, and the autoencoder has " +
                     std::to_string(channels) + "; supported: as many, or for inpainting " +
                     std::to_string(2 * channels + 1));
  }
  check_pictures(config, model, sees_mask);
  const bool given = config.image.defined();
  const std::vector<std::int64_t> shape = {
      1, channels, latent_side("height", given ? config.image.size(1) : config.height, model),
      latent_side("width", given ? config.image.size(2) : config.width, model)};
  SamplingStart start;
  if (!given) {
    start.latents = draw_noise(generator, shape, model);
    return start;
  }
  need_part(model, *model.autoencoder);
  const torch::Tensor pixels = config.image.to(torch::kFloat32).unsqueeze(0) / 255 * 2 - 1;
  // A U-Net that sees the mask keeps the rest by itself; the picture is where it begins, if anything.
  if (!sees_mask || strength_of(config) < 1) start.image = encode_image(model, pixels, generator);
  start.latents = draw_noise(generator, shape, model);
  if (config.mask.defined()) {
    const torch::Tensor anew = config.mask.ge(128).to(torch::kFloat32).unsqueeze(0).unsqueeze(0);
    start.mask = torch::upsample_nearest2d(anew, {shape[2], shape[3]}).to(model.device);
    // The reference encodes it for every U-Net: its draw comes before those of the steps.
    const torch::Tensor rest = encode_image(model, pixels * (1 - anew), generator);
    if (sees_mask) start.masked_image = rest;
  }
  release_part(model, *model.autoencoder);
  return start;
}

}  // namespace nadir
