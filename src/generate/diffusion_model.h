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
};

// What a sampling run starts from. Tensors are on the model's device.
struct SamplingStart {
  torch::Tensor latents;   // [1, C, h, w] standard normal
  torch::Tensor text;      // [1, T, channels]
  torch::Tensor negative;  // [1, T, channels]
  torch::Tensor metadata;  // [1, 7] normalised; undefined: none
};
// Latents as the U-Net sees them, [1, C, h, w]. The unconditional half of guidance gets metadata of zeros.
torch::Tensor sample_latents(DiffusionModel& model, const SamplingStart& start, const GenerateConfig& config,
                             ProgressObserver& observer);
// [3, H, W] uint8: x / 2 + 0.5 clamped to 0 .. 1, times 255, rounded half to even.
torch::Tensor decode_pixels(DiffusionModel& model, const torch::Tensor& latents, bool tiled);

}  // namespace nadir
