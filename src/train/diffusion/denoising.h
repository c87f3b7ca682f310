// What a diffusion model learns from (Ho et al. 2020): a clean sample, noise of a random timestep on it, and
// the network's guess of what was added.
#pragma once

#include <torch/types.h>

#include "generate/noise_schedule.h"
#include "nadir/config.h"

namespace nadir {

struct DenoisingConfig {
  // Timesteps of little noise weigh less: gamma of Hang et al. 2023, who take 5. 0: all weigh alike.
  double min_snr_gamma = 0;
  // Noise that is the same all over a channel, times this, on top of the rest (Guttenberg 2023): the network
  // learns to change a picture's brightness. 0: none.
  double offset_noise = 0;
  // Share of samples that are learnt without their caption, as if it were "", so that guidance has something
  // to go away from (Ho and Salimans 2022).
  double caption_dropout = 0.1;
  // Share of metadata's numbers, each for itself, that the network sees as 0, as DiffusionSat was trained.
  double metadata_dropout = 0.1;
  void fields(FieldVisitor& visit);
};
// The losses of task generation: `denoising`.
const Registry<DenoisingConfig>& denoising_losses();

struct NoisySamples {
  torch::Tensor noisy;   // sqrt(a) clean + sqrt(1 - a) noise: [N, C, h, w]
  torch::Tensor target;  // what the network should say: the noise, or the velocity
  torch::Tensor weight;  // [N] float32
};
// clean, noise: [N, C, h, w] float32; timesteps: [N] int64, from 0. gamma as min_snr_gamma.
NoisySamples add_noise(const NoiseSchedule& schedule, Prediction prediction, const torch::Tensor& clean,
                       const torch::Tensor& noise, const torch::Tensor& timesteps, double gamma);

// Mean over samples of weight * mean squared error; `said` is what the network said of the noisy samples.
torch::Tensor denoising_loss(const torch::Tensor& said, const NoisySamples& samples);

// Standard normal noise like `clean`, with offset noise; from torch's CPU generator, whatever the device.
torch::Tensor noise_like(const torch::Tensor& clean, double offset);

// [N, M] metadata with each number kept by chance or 0.
torch::Tensor drop_numbers(const torch::Tensor& metadata, double probability);

}  // namespace nadir
