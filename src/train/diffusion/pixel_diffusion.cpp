#include "train/diffusion/pixel_diffusion.h"

#include "generate/save_folder.h"
#include "generate/text/word_vocabulary.h"

namespace nadir {
namespace {

DenoiserConfig denoiser_config(const PixelDiffusionConfig& config, const DiffusionStart& start) {
  DenoiserConfig denoiser;
  denoiser.in_channels = denoiser.out_channels = start.bands;
  denoiser.layers_per_block = config.layers;
  denoiser.context = config.text_channels;
  denoiser.groups = config.groups;
  denoiser.sample_size = start.patch;
  denoiser.metadata = config.metadata ? 7 : 0;
  denoiser.levels.clear();
  for (std::size_t i = 0; i < config.channels.size(); ++i) {
    const bool attends = static_cast<std::int64_t>(i) >= config.attention_from;
    denoiser.levels.push_back({config.channels[i], config.heads, attends});
  }
  return denoiser;
}

TextEncoderConfig text_config(const PixelDiffusionConfig& config, const ClipVocabulary& vocabulary) {
  TextEncoderConfig text;
  text.vocabulary = static_cast<std::int64_t>(vocabulary.ids.size());
  text.tokens = config.tokens;
  text.channels = config.text_channels;
  text.hidden = 4 * config.text_channels;
  text.layers = config.text_layers;
  text.heads = config.heads;
  text.end_token = vocabulary.ids.at(vocabulary.end);
  return text;
}

SchedulerConfig scheduler_config(const PixelDiffusionConfig& config) {
  SchedulerConfig scheduler;
  scheduler.train_steps = config.timesteps;
  scheduler.beta_start = config.beta_start;
  scheduler.beta_end = config.beta_end;
  scheduler.betas = config.betas;
  scheduler.zero_terminal_snr = config.zero_terminal_snr;
  scheduler.prediction = config.prediction == "epsilon" ? Prediction::kNoise : Prediction::kVelocity;
  scheduler.spacing = "trailing";
  scheduler.offset = 0;
  scheduler.final_alpha_one = true;
  return scheduler;
}

}  // namespace

void PixelDiffusionConfig::fields(FieldVisitor& visit) {
  visit.field("channels", channels, at_least(1));
  visit.field("layers", layers, at_least(1));
  visit.field("attention_from", attention_from, at_least(0));
  visit.field("heads", heads, at_least(1));
  visit.field("groups", groups, at_least(1));
  visit.field("text_channels", text_channels, at_least(1));
  visit.field("text_layers", text_layers, at_least(1));
  visit.field("tokens", tokens, at_least(2));
  visit.field("metadata", metadata);
  visit.field("prediction", prediction, {"epsilon", "v_prediction"});
  visit.field("timesteps", timesteps, at_least(2));
  visit.field("betas", betas, {"linear", "scaled_linear", "squaredcos_cap_v2"});
  visit.field("beta_start", beta_start, above_up_to(0, 1));
  visit.field("beta_end", beta_end, above_up_to(0, 1));
  visit.field("zero_terminal_snr", zero_terminal_snr);
  visit.field("gradient_checkpointing", gradient_checkpointing);
}

void PixelDiffusionConfig::validate() const {
  if (channels.empty()) throw ConfigError("channels: a U-Net has a level at least");
  for (const std::int64_t each : channels) {
    if (each % heads == 0 && each % groups == 0) continue;
    throw ConfigError("channels: " + std::to_string(each) + " is no multiple of the heads (" +
                      std::to_string(heads) + ") and of the groups (" + std::to_string(groups) + ")");
  }
  if (text_channels % heads != 0) throw ConfigError("text_channels is a multiple of heads");
  if (zero_terminal_snr && prediction == "epsilon") {
    throw ConfigError("zero_terminal_snr: pure noise says nothing of the noise in it; use v_prediction");
  }
}

std::shared_ptr<DiffusionNetwork> make_pixel_diffusion(const PixelDiffusionConfig& config,
                                                       const DiffusionStart& start) {
  if (config.metadata && !start.metadata) {
    throw ConfigError(
        "model pixel_diffusion: the list of captions has no metadata (lon, lat, gsd, cloud, date); add "
        "them, or set metadata: false");
  }
  const ClipVocabulary vocabulary = word_vocabulary(start.captions, config.tokens);
  const auto parts = std::make_shared<DiffusionModel>(
      DiffusionModel{make_denoiser(denoiser_config(config, start)), make_pixel_space(start.bands),
                     make_text_encoder(text_config(config, vocabulary)), ClipTokenizer(vocabulary),
                     scheduler_config(config)});
  parts->device = start.device;
  parts->denoiser->set_recompute(config.gradient_checkpointing);
  auto network = std::make_shared<DiffusionNetwork>(parts);
  network->learn("unet", parts->denoiser);
  network->learn("text_encoder", parts->text_encoder);
  network->set_writer([vocabulary](DiffusionNetwork& own, const std::filesystem::path& folder) {
    write_pixel_model(
        folder, own.parts(),
        {named_state(*own.parts().denoiser), named_state(*own.parts().text_encoder), vocabulary});
  });
  return network;
}

}  // namespace nadir
