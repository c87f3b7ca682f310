#include "nadir/generate.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "generate/diffusion_model.h"
#include "generate/guidance.h"
#include "generate/text/unicode.h"

namespace nadir {
namespace {

torch::Tensor encode_text(DiffusionModel& model, const std::string& given, bool mended, bool* cut = nullptr) {
  const std::string text = mended ? mend_text(given) : given;
  const torch::Tensor ids =
      torch::tensor(model.tokenizer.encode_padded(text, cut), torch::kInt64).unsqueeze(0);
  return model.text_encoder->forward(ids.to(model.device)).tokens;
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
  const torch::Tensor whole =
      start.masked_image.defined() ? torch::cat({seen, start.mask, start.masked_image}, 1) : seen;
  const torch::Tensor input = whole.to(model.type).contiguous(model.memory_format()),
                      time = torch::full({1}, timestep, seen.options());
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

// The call that a run begins with: a share of the steps is left out where the picture is to stay.
std::size_t first_call(const SamplingStart& start, const GenerateConfig& config) {
  if (!start.image.defined() && !start.mask.defined()) return 0;
  const auto taken = static_cast<std::int64_t>(static_cast<double>(config.steps) * strength_of(config));
  if (taken < 1) {
    throw ConfigError("strength " + std::to_string(strength_of(config)) + " of " +
                      std::to_string(config.steps) + " steps is none; take more of either");
  }
  return static_cast<std::size_t>(config.steps - std::min(taken, config.steps));
}

torch::Tensor first_sample(const SamplingStart& start, const GenerateConfig& config,
                           const Scheduler& scheduler, std::size_t first) {
  const bool noise_alone = start.mask.defined() && strength_of(config) == 1;
  if (!start.image.defined() || noise_alone) return start.latents * scheduler.init_noise_sigma();
  return scheduler.add_noise(start.image, start.latents, first);
}

// What is not painted anew is the picture, as noisy as the sample is.
torch::Tensor keep_unmasked(const torch::Tensor& x, const SamplingStart& start, const Scheduler& scheduler,
                            std::size_t next) {
  if (!start.mask.defined() || !start.image.defined() || start.masked_image.defined()) return x;
  const torch::Tensor picture =
      next < scheduler.calls() ? scheduler.add_noise(start.image, start.latents, next) : start.image;
  return (1 - start.mask) * picture + start.mask * x;
}

}  // namespace

std::string mend_text(const std::string& text) { return encode_utf8(mend(decode_utf8(text))); }

void need_part(const DiffusionModel& model, torch::nn::Module& part) {
  if (model.reload) model.reload(part);
}

void release_part(const DiffusionModel& model, torch::nn::Module& part) {
  if (model.reload) drop_weights(part);
}

void drop_weights(torch::nn::Module& part) {
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& each : part.parameters()) {
    // One number that stands for all: the shape stays.
    each.set_data(torch::zeros({1}, each.options().device(torch::kCPU)).expand(each.sizes()));
  }
}

torch::Tensor sample_latents(DiffusionModel& model, const SamplingStart& start, const GenerateConfig& config,
                             ProgressObserver& observer) {
  const torch::NoGradGuard no_grad;
  SchedulerConfig chosen = model.scheduler;
  if (!config.scheduler.empty()) chosen.kind = config.scheduler;
  chosen.eta = config.eta;
  const auto scheduler = make_scheduler(chosen, config.steps);
  at::Generator generator = at::detail::createCPUGenerator(config.seed);
  const NoiseSource noise =
      start.noise ? start.noise : [&] { return draw_noise(generator, start.latents.sizes(), model); };
  const std::size_t first = first_call(start, config);
  torch::Tensor x = first_sample(start, config, *scheduler, first);
  const auto calls = static_cast<std::int64_t>(scheduler->calls() - first);
  for (std::size_t i = first; i < scheduler->calls(); ++i) {
    const auto done = static_cast<std::int64_t>(i - first);
    if (stop_requested()) throw Interrupted("stopped before step " + std::to_string(done + 1));
    const torch::Tensor output =
        predict(model, start, config, scheduler->scale_input(x, i), scheduler->timesteps()[i]);
    x = keep_unmasked(scheduler->step(output, i, x, noise), start, *scheduler, i + 1);
    observer.progress({"generate", done + 1, calls, ""});
  }
  return x;
}

torch::Tensor decode_pixels(DiffusionModel& model, const torch::Tensor& latents, bool tiled) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor unscaled =
      (latents / model.autoencoder->config().scaling_factor).to(model.type).contiguous(model.memory_format());
  const torch::Tensor image =
      tiled ? decode_tiled(*model.autoencoder, unscaled) : model.autoencoder->decode(unscaled);
  const torch::Tensor unit = (image[0].to(torch::kFloat32) / 2 + 0.5).clamp(0, 1);
  return (unit * 255).round().to(torch::kUInt8).cpu();
}

GeneratedImage generate(DiffusionModel& model, const GenerateConfig& config, ProgressObserver& observer) {
  const torch::NoGradGuard no_grad;
  check_settings(config);
  GeneratedImage result;
  const torch::Tensor metadata = metadata_numbers(config, model);
  at::Generator generator = at::detail::createCPUGenerator(config.seed);
  SamplingStart start = make_start(model, config, generator);
  start.metadata = metadata;
  start.noise = [&] { return draw_noise(generator, start.latents.sizes(), model); };
  need_part(model, *model.text_encoder);
  start.text = encode_text(model, config.prompt, config.mend_text, &result.prompt_cut);
  if (config.guidance > 1) start.negative = encode_text(model, config.negative, config.mend_text);
  release_part(model, *model.text_encoder);
  need_part(model, *model.denoiser);
  const torch::Tensor latents = sample_latents(model, start, config, observer);
  release_part(model, *model.denoiser);
  need_part(model, *model.autoencoder);
  result.pixels = decode_pixels(model, latents, config.tiled);
  release_part(model, *model.autoencoder);
  result.latents = latents[0].cpu();
  return result;
}

}  // namespace nadir
