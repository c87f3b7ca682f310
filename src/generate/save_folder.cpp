#include "generate/save_folder.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "generate/text/word_vocabulary.h"

namespace nadir {
namespace {

using Json = nlohmann::ordered_json;

void write_json(const std::filesystem::path& file, const Json& json) {
  write_file_atomically(file, json.dump(2) + "\n");
}

void write_weights_file(const std::filesystem::path& file, const NamedTensors& weights) {
  write_safetensors(file, {.tensors = weights, .metadata = {{"format", "pt"}}});
}

Json describe(const DenoiserConfig& config) {
  Json down = Json::array(), up = Json::array(), channels = Json::array(), heads = Json::array();
  for (const DenoiserLevel& level : config.levels) {
    down.push_back(level.attends ? "CrossAttnDownBlock2D" : "DownBlock2D");
    up.insert(up.begin(), level.attends ? "CrossAttnUpBlock2D" : "UpBlock2D");
    channels.push_back(level.channels);
    heads.push_back(level.heads);
  }
  Json json = {{"_class_name", "UNet2DConditionModel"},
               {"act_fn", "silu"},
               {"attention_head_dim", heads},
               {"block_out_channels", channels},
               {"cross_attention_dim", config.context},
               {"down_block_types", down},
               {"flip_sin_to_cos", config.cosine_first},
               {"freq_shift", config.frequency_shift},
               {"in_channels", config.in_channels},
               {"layers_per_block", config.layers_per_block},
               {"norm_eps", config.norm_eps},
               {"norm_num_groups", config.groups},
               {"out_channels", config.out_channels},
               {"sample_size", config.sample_size},
               {"up_block_types", up},
               {"use_linear_projection", config.linear_projection}};
  if (config.frequency_shift == std::floor(config.frequency_shift)) {
    json["freq_shift"] = static_cast<std::int64_t>(config.frequency_shift);  // as diffusers writes it
  }
  return json;
}

void add_metadata(Json& json, const DenoiserConfig& config) {
  if (config.metadata == 0) return;
  json["_class_name"] = "SatUNet";
  json["use_metadata"] = true;
  json["num_metadata"] = config.metadata;
}

Json describe(const TextEncoderConfig& config, const ClipVocabulary& vocabulary) {
  return {{"architectures", {"CLIPTextModel"}},
          {"model_type", "clip_text_model"},
          {"vocab_size", config.vocabulary},
          {"max_position_embeddings", config.tokens},
          {"hidden_size", config.channels},
          {"intermediate_size", config.hidden},
          {"num_hidden_layers", config.layers},
          {"num_attention_heads", config.heads},
          {"hidden_act", config.activation},
          {"layer_norm_eps", config.norm_eps},
          {"bos_token_id", vocabulary.ids.at(vocabulary.start)},
          {"eos_token_id", vocabulary.ids.at(vocabulary.end)},
          {"pad_token_id", vocabulary.ids.at(vocabulary.pad)}};
}

Json describe(const SchedulerConfig& config) {
  return {{"_class_name", "DDIMScheduler"},
          {"num_train_timesteps", config.train_steps},
          {"beta_start", config.beta_start},
          {"beta_end", config.beta_end},
          {"beta_schedule", config.betas},
          {"rescale_betas_zero_snr", config.zero_terminal_snr},
          {"prediction_type", config.prediction == Prediction::kNoise ? "epsilon" : "v_prediction"},
          {"timestep_spacing", config.spacing},
          {"steps_offset", config.offset},
          {"set_alpha_to_one", config.final_alpha_one},
          {"clip_sample", false}};
}

}  // namespace

void write_unet_folder(const std::filesystem::path& folder, const DenoiserConfig& config,
                       const NamedTensors& weights, const std::filesystem::path& like) {
  Json json = like.empty() ? describe(config) : Json::parse(read_text_file(like));
  add_metadata(json, config);
  write_json(folder / "config.json", json);
  write_weights_file(folder / "diffusion_pytorch_model.safetensors", weights);
}

void write_pixel_model(const std::filesystem::path& folder, const DiffusionModel& model,
                       const PixelModelFiles& files) {
  write_unet_folder(folder / "unet", model.denoiser->config(), files.unet);
  write_json(folder / "text_encoder" / "config.json",
             describe(model.text_encoder->config(), files.vocabulary));
  write_weights_file(folder / "text_encoder" / "model.safetensors", files.text_encoder);
  write_tokenizer_folder(folder / "tokenizer", files.vocabulary);
  write_json(folder / "scheduler" / "scheduler_config.json", describe(model.scheduler));
  write_json(folder / "model_index.json", {{"_class_name", "StableDiffusionPipeline"},
                                           {"scheduler", {"diffusers", "DDIMScheduler"}},
                                           {"text_encoder", {"transformers", "CLIPTextModel"}},
                                           {"tokenizer", {"transformers", "CLIPTokenizer"}},
                                           {"unet", {"diffusers", "UNet2DConditionModel"}},
                                           {"vae", {nullptr, nullptr}}});
}

}  // namespace nadir
