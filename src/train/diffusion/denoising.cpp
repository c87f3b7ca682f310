#include "train/diffusion/denoising.h"

#include <torch/torch.h>

namespace nadir {
namespace {

DenoisingConfig make_denoising(const DenoisingConfig& config) { return config; }

}  // namespace

void DenoisingConfig::fields(FieldVisitor& visit) {
  visit.field("min_snr_gamma", min_snr_gamma, at_least(0));
  visit.field("offset_noise", offset_noise, at_least(0));
  visit.field("caption_dropout", caption_dropout, between(0, 1));
  visit.field("metadata_dropout", metadata_dropout, between(0, 1));
}

const Registry<DenoisingConfig>& denoising_losses() {
  using Denoising = Registry<DenoisingConfig>;
  static const Denoising registry(
      "loss of task generation",
      {Denoising::item("denoising", "squared error of the predicted noise (Ho et al. 2020)",
                       make_denoising)});
  return registry;
}

NoisySamples add_noise(const NoiseSchedule& schedule, Prediction prediction, const torch::Tensor& clean,
                       const torch::Tensor& noise, const torch::Tensor& timesteps, double gamma) {
  const torch::Tensor steps = timesteps.to(torch::kCPU, torch::kInt64).contiguous();
  std::vector<double> alphas, weights;
  for (std::int64_t i = 0; i < steps.numel(); ++i) {
    const auto step = steps.const_data_ptr<std::int64_t>()[i];
    alphas.push_back(schedule.alpha(step));
    weights.push_back(gamma > 0 ? min_snr_weight(schedule.snr(step), gamma, prediction) : 1);
  }
  const auto on_device = [&](const std::vector<double>& values) {
    return torch::tensor(values, torch::kFloat64).to(torch::kFloat32).to(clean.device());
  };
  const torch::Tensor a = on_device(alphas).reshape({-1, 1, 1, 1});
  const torch::Tensor signal = a.sqrt(), spread = (1 - a).sqrt();
  NoisySamples samples{
      .noisy = signal * clean + spread * noise, .target = noise, .weight = on_device(weights)};
  if (prediction == Prediction::kVelocity) samples.target = signal * noise - spread * clean;
  return samples;
}

torch::Tensor denoising_loss(const torch::Tensor& said, const NoisySamples& samples) {
  const torch::Tensor squares = (said.to(torch::kFloat32) - samples.target).square();
  return (squares.mean({1, 2, 3}) * samples.weight).mean();
}

torch::Tensor noise_like(const torch::Tensor& clean, double offset) {
  torch::Tensor noise = torch::randn(clean.sizes());
  if (offset > 0) noise = noise + offset * torch::randn({clean.size(0), clean.size(1), 1, 1});
  return noise.to(clean.device());
}

torch::Tensor drop_numbers(const torch::Tensor& metadata, double probability) {
  return metadata * torch::rand(metadata.sizes()).ge(probability).to(metadata.options());
}

}  // namespace nadir
