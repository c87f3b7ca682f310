#include "train/diffusion/stable_diffusion.h"

#include <torch/torch.h>

#include "generate/lora.h"
#include "generate/save_folder.h"

namespace nadir {
namespace {

// The U-Net's children by name.
std::shared_ptr<torch::nn::Module> child(torch::nn::Module& module, const std::string& name) {
  return module.named_children()[name];
}

std::shared_ptr<Denoiser> with_metadata(Denoiser& unet) {
  const torch::NoGradGuard no_grad;
  DenoiserConfig config = unet.config();
  config.metadata = 7;
  auto wider = make_denoiser(config);
  const auto own = wider->named_parameters();
  for (const auto& [name, tensor] : named_state(unet)) own[name].copy_(tensor);
  for (const auto& each : own) {
    if (each.key().starts_with("metadata_embedding") && each.key().find(".linear_2.") != std::string::npos)
      each.value().zero_();
  }
  return wider;
}

void check_data(const DiffusionModel& model, const DiffusionStart& start) {
  if (start.bands != model.autoencoder->config().in_channels) {
    throw ConfigError("model stable_diffusion: its autoencoder takes " +
                      std::to_string(model.autoencoder->config().in_channels) +
                      " bands, and the images have " + std::to_string(start.bands) +
                      "; choose with data.source.captions.bands");
  }
  const std::int64_t wanted = model.denoiser->config().metadata;
  if (wanted != 0 && wanted != 7) {
    throw ConfigError("model stable_diffusion: its U-Net takes " + std::to_string(wanted) +
                      " numbers of metadata; nadir gives seven");
  }
  if (wanted > 0 && !start.metadata) {
    throw ConfigError(
        "model stable_diffusion: its U-Net wants metadata; give the list of captions the "
        "columns lon, lat, gsd, cloud and date");
  }
}

std::vector<LoraLayer> low_rank_changes(const DiffusionNetwork& network) {
  std::vector<LoraLayer> layers;
  for (const auto& [name, layer] : network.adapted()) {
    const LowRankImpl& change = *layer->change();
    layers.push_back({name, change.down(), change.up(), change.scale()});
  }
  return layers;
}

}  // namespace

void StableDiffusionConfig::fields(FieldVisitor& visit) {
  visit.path("folder", folder);
  visit.path("unet", unet);
  visit.field("learn", learn, {"full", "metadata", "lora"});
  visit.field("add_metadata", add_metadata);
  visit.field("rank", rank, at_least(1));
  visit.field("alpha", alpha, above(0));
  visit.field("targets", targets);
  visit.field("gradient_checkpointing", gradient_checkpointing);
}

void StableDiffusionConfig::validate() const {
  if (folder.empty()) throw ConfigError("'folder' is missing; for example folder: stable-diffusion-2-1");
  if (learn == "lora" && add_metadata) {
    throw ConfigError(
        "learn: lora writes changes alone, and add_metadata makes new layers; use learn: metadata");
  }
}

std::shared_ptr<DiffusionNetwork> make_stable_diffusion(const StableDiffusionConfig& config,
                                                        const DiffusionStart& start) {
  const auto parts = load_diffusion({config.folder, config.unet}, "fp32", start.device.str());
  if (config.add_metadata && parts->denoiser->config().metadata == 0) {
    parts->denoiser = with_metadata(*parts->denoiser);
    parts->denoiser->to(start.device);
  }
  check_data(*parts, start);
  parts->denoiser->set_recompute(config.gradient_checkpointing);
  auto network = std::make_shared<DiffusionNetwork>(parts);
  if (config.learn == "lora") {
    network->learn_low_rank(config.rank, config.alpha.value_or(static_cast<double>(config.rank)),
                            config.targets);
    network->set_writer([](DiffusionNetwork& own, const std::filesystem::path& folder) {
      write_lora(folder / "pytorch_lora_weights.safetensors", low_rank_changes(own));
    });
    return network;
  }
  if (config.learn == "metadata" && parts->denoiser->config().metadata == 0) {
    throw ConfigError(
        "model stable_diffusion: its U-Net has no metadata embeddings to learn; add_metadata: true "
        "makes them");
  }
  if (config.learn == "metadata") {
    network->learn("metadata_embedding", child(*parts->denoiser, "metadata_embedding"));
  } else {
    network->learn("unet", parts->denoiser);
  }
  const std::filesystem::path own_unet = std::filesystem::path(config.folder) / "unet";
  const std::filesystem::path source = config.unet.empty() ? own_unet : std::filesystem::path(config.unet);
  network->set_writer([source](DiffusionNetwork& own, const std::filesystem::path& folder) {
    Denoiser& unet = *own.parts().denoiser;
    write_unet_folder(folder / "unet", unet.config(), named_state(unet), source / "config.json");
  });
  return network;
}

}  // namespace nadir
