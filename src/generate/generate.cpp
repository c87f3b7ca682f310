#include "nadir/generate.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "generate/diffusion_model.h"
#include "generate/guidance.h"

namespace nadir {
namespace {

torch::Tensor encode_text(DiffusionModel& model, const std::string& text, bool* cut = nullptr) {
  const torch::Tensor ids =
      torch::tensor(model.tokenizer.encode_padded(text, cut), torch::kInt64).unsqueeze(0);
  return model.text_encoder->forward(ids.to(model.device)).tokens;
}

// Drawn on the CPU, so that a seed means the same on every device.
torch::Tensor draw(at::Generator& generator, at::IntArrayRef shape, const DiffusionModel& model) {
  return torch::randn(shape, generator, torch::kFloat32).to(model.device);
}

std::int64_t latent_side(const std::string& name, std::int64_t pixels, const DiffusionModel& model) {
  const std::int64_t reduction = model.autoencoder->config().reduction();
  if (pixels == 0) return model.denoiser->config().sample_size;
  if (pixels > 0 && pixels % reduction == 0) return pixels / reduction;
  throw ConfigError(name + ": " + std::to_string(pixels) + " pixels are no multiple of " +
                    std::to_string(reduction));
}

torch::Tensor metadata_numbers(const GenerateConfig& config, const DiffusionModel& model) {
  const std::int64_t wanted = model.denoiser->config().metadata;
  if (wanted == 0) {
    if (!config.metadata) return {};
    throw ConfigError(
        "this U-Net was trained without metadata: leave out longitude, latitude, date and the like, "
        "or give a DiffusionSat checkpoint's U-Net");
  }
  if (!config.metadata) {
    throw ConfigError(
        "this U-Net wants metadata: longitude, latitude, ground sample distance, cloud cover, date");
  }
  if (wanted != 7) {
    throw ConfigError("this U-Net takes " + std::to_string(wanted) +
                      " numbers of metadata; nadir gives seven");
  }
  check(*config.metadata);
  const std::array<double, 7> numbers = normalise(*config.metadata, config.raw_metadata);
  return torch::tensor(std::vector<double>(numbers.begin(), numbers.end()))
      .to(torch::kFloat32)
      .unsqueeze(0)
      .to(model.device);
}

void check_settings(const GenerateConfig& config) {
  if (config.guidance_rescale < 0 || config.guidance_rescale > 1) {
    throw ConfigError("guidance_rescale is a share, 0 to 1");
  }
  if (!(config.guidance >= 0)) throw ConfigError("guidance is 0 or more");
  if (!(config.eta >= 0 && config.eta <= 1)) throw ConfigError("eta is 0 to 1");
}

// What the network says of the scaled sample, guided.
torch::Tensor predict(DiffusionModel& model, const SamplingStart& start, const GenerateConfig& config,
                      const torch::Tensor& seen, double timestep) {
  const torch::Tensor input = seen.to(model.type), time = torch::full({1}, timestep, seen.options());
  const auto said = [&](const torch::Tensor& x, const torch::Tensor& text, const torch::Tensor& metadata) {
    return model.denoiser->forward(x, time, text, metadata).to(torch::kFloat32);
  };
  if (config.guidance <= 1) return said(input, start.text, start.metadata);
  const torch::Tensor metadata = start.metadata.defined()
                                     ? torch::cat({torch::zeros_like(start.metadata), start.metadata})
                                     : torch::Tensor();
  const std::vector<torch::Tensor> halves =
      said(torch::cat({input, input}), torch::cat({start.negative, start.text}), metadata).chunk(2);
  const torch::Tensor guided = guide(halves[0], halves[1], config.guidance);
  return config.guidance_rescale > 0 ? rescale_guidance(guided, halves[1], config.guidance_rescale) : guided;
}

}  // namespace

torch::Tensor sample_latents(DiffusionModel& model, const SamplingStart& start, const GenerateConfig& config,
                             ProgressObserver& observer) {
  const torch::NoGradGuard no_grad;
  SchedulerConfig chosen = model.scheduler;
  if (!config.scheduler.empty()) chosen.kind = config.scheduler;
  chosen.eta = config.eta;
  const auto scheduler = make_scheduler(chosen, config.steps);
  // Apart from the stream of the first latents: their number does not change what comes after.
  at::Generator generator =
      at::detail::createCPUGenerator(RandomStream(config.seed).child("step noise").next());
  const NoiseSource noise = [&] { return draw(generator, start.latents.sizes(), model); };
  torch::Tensor x = start.latents * scheduler->init_noise_sigma();
  const auto calls = static_cast<std::int64_t>(scheduler->calls());
  for (std::int64_t i = 0; i < calls; ++i) {
    if (stop_requested()) throw Interrupted("stopped before step " + std::to_string(i + 1));
    const auto at = static_cast<std::size_t>(i);
    const torch::Tensor output =
        predict(model, start, config, scheduler->scale_input(x, at), scheduler->timesteps()[at]);
    x = scheduler->step(output, at, x, noise);
    observer.progress({"generate", i + 1, calls, ""});
  }
  return x;
}

torch::Tensor decode_pixels(DiffusionModel& model, const torch::Tensor& latents, bool tiled) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor unscaled = (latents / model.autoencoder->config().scaling_factor).to(model.type);
  const torch::Tensor image =
      tiled ? decode_tiled(*model.autoencoder, unscaled) : model.autoencoder->decode(unscaled);
  const torch::Tensor unit = (image[0].to(torch::kFloat32) / 2 + 0.5).clamp(0, 1);
  return (unit * 255).round().to(torch::kUInt8).cpu();
}

GeneratedImage generate(DiffusionModel& model, const GenerateConfig& config, ProgressObserver& observer) {
  const torch::NoGradGuard no_grad;
  check_settings(config);
  GeneratedImage result;
  SamplingStart start;
  start.metadata = metadata_numbers(config, model);
  const std::vector<std::int64_t> shape = {1, model.denoiser->config().in_channels,
                                           latent_side("height", config.height, model),
                                           latent_side("width", config.width, model)};
  start.text = encode_text(model, config.prompt, &result.prompt_cut);
  start.negative = encode_text(model, config.negative);
  at::Generator generator = at::detail::createCPUGenerator(config.seed);
  start.latents = draw(generator, shape, model);
  const torch::Tensor latents = sample_latents(model, start, config, observer);
  result.pixels = decode_pixels(model, latents, config.tiled);
  result.latents = latents[0].cpu();
  return result;
}

}  // namespace nadir
