// The parts of a diffusion model, and a sampling run with them.
#pragma once

#include <c10/core/Device.h>
#include <torch/types.h>

#include <functional>

#include "generate/noise_schedule.h"
#include "generate/schedulers/scheduler.h"
#include "generate/text/clip_tokenizer.h"
#include "models/diffusion/autoencoder.h"
#include "models/diffusion/denoiser.h"
#include "models/diffusion/text_encoder.h"
#include "nadir/generate.h"

namespace nadir {

struct DiffusionModel {
  std::shared_ptr<Denoiser> denoiser;
  std::shared_ptr<Autoencoder> autoencoder;
  std::shared_ptr<TextEncoder> text_encoder;
  ClipTokenizer tokenizer;
  SchedulerConfig scheduler;
  torch::Device device = torch::kCPU;
  torch::ScalarType type = torch::kFloat32;
  // Reads a part's weights onto the device again. Empty: all parts stay where they are; else (low memory) a
  // part has weights between `need_part` and `release_part` alone.
  std::function<void(torch::nn::Module&)> reload = {};
  bool channels_last = false;  // how weights and maps lie in memory
  torch::MemoryFormat memory_format() const {
    return channels_last ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
  }
};
void need_part(const DiffusionModel& model, torch::nn::Module& part);
void release_part(const DiffusionModel& model, torch::nn::Module& part);
void drop_weights(torch::nn::Module& part);

// What a sampling run starts from. Tensors are on the model's device.
struct SamplingStart {
  torch::Tensor latents;   // [1, C, h, w] standard normal
  torch::Tensor text;      // [1, T, channels]
  torch::Tensor negative;  // [1, T, channels]
  torch::Tensor metadata;  // [1, 7] normalised; undefined: none
  torch::Tensor image;     // [1, C, h, w] the picture to begin from, encoded and scaled; undefined: none
  torch::Tensor mask;      // [1, 1, h, w] 1 where the picture is painted anew, else 0; undefined: everywhere
  torch::Tensor
      masked_image;        // [1, C, h, w] the picture without what is painted anew: for U-Nets that see it
  NoiseSource noise = {};  // of the steps; empty: drawn from the config's seed
};
// Latents as the U-Net sees them, [1, C, h, w]. The unconditional half of guidance gets metadata of zeros.
// Throws ConfigError when `strength` leaves no step.
torch::Tensor sample_latents(DiffusionModel& model, const SamplingStart& start, const GenerateConfig& config,
                             ProgressObserver& observer);
// [3, H, W] uint8: x / 2 + 0.5 clamped to 0 .. 1, times 255, rounded half to even.
torch::Tensor decode_pixels(DiffusionModel& model, const torch::Tensor& latents, bool tiled);

// The next standard normal numbers of `generator`, drawn on the CPU, so that a seed means the same on every
// device.
torch::Tensor draw_noise(at::Generator& generator, at::IntArrayRef shape, const DiffusionModel& model);
// Noise, picture and mask of a run, all but texts and metadata. Draws in the order of diffusers' pipelines.
// Throws ConfigError for pictures that do not fit the settings or the U-Net.
SamplingStart make_start(DiffusionModel& model, const GenerateConfig& config, at::Generator& generator);
// The config's, or diffusers': 0.8, and 1 with a mask.
double strength_of(const GenerateConfig& config);

}  // namespace nadir
