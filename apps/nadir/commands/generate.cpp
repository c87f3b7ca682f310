#include "commands/generate.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/text.h"
#include "generate/diffusion_model.h"
#include "generate/lora.h"
#include "nadir/model_file.h"
#include "pictures/picture.h"

namespace nadir {

GenerateCommand::GenerateCommand(CLI::App& app) {
  app.add_option("prompt", config_.prompt, "What the image shows")->required();
  app.add_option("--model", folders_.model, "A folder in diffusers' layout")->required();
  app.add_option("--unet", folders_.unet, "Another U-Net's folder: DiffusionSat's checkpoint");
  app.add_option("--lora", lora_,
                 "Low-rank changes of the U-Net: a .safetensors file, of nadir, diffusers or peft");
  app.add_option("--lora-strength", lora_strength_, "How much of them")->capture_default_str();
  app.add_option("--negative", config_.negative, "What to keep away from");
  app.add_option("--lon", longitude_, "Longitude, degrees east");
  app.add_option("--lat", latitude_, "Latitude, degrees north");
  app.add_option("--gsd", gsd_, "Ground sample distance, metres");
  app.add_option("--cloud", cloud_cover_, "Cloud cover, 0 to 1");
  app.add_option("--date", date_, "As 2020-02-27");
  app.add_flag("--raw-metadata", config_.raw_metadata,
               "Pass longitude, latitude and year unshifted, as study 003 did");
  app.add_option("--steps", config_.steps, "Denoising steps")->capture_default_str();
  app.add_option("--guidance", config_.guidance, "How strongly the text counts; 1 or less: no guidance")
      ->capture_default_str();
  app.add_option("--guidance-rescale", config_.guidance_rescale,
                 "0 to 1: keeps strong guidance from overexposing");
  app.add_option("--scheduler", config_.scheduler,
                 "ddpm, ddim, pndm, euler, euler_ancestral, dpmpp_2m, unipc");
  app.add_option("--eta", config_.eta, "Of ddim: 0 deterministic, 1 as noisy as ddpm");
  app.add_option("--seed", config_.seed, "The same seed gives the same image")->capture_default_str();
  app.add_option("--size", size_, "Side, or height and width, in pixels")->expected(1, 2);
  app.add_option("--count", count_, "Images, with seeds that follow each other")->capture_default_str();
  app.add_flag("--tiled", config_.tiled, "Decode tile by tile: less memory");
  app.add_option("--precision", precision_, "fp32, bf16, fp16")->capture_default_str();
  app.add_option("--device", device_, "auto, cpu, cuda, cuda:1")->capture_default_str();
  app.add_option("-o,--output", output_, "Folder of the images")->required();
}

std::optional<ImageMetadata> GenerateCommand::metadata() const {
  const int given = longitude_.has_value() + latitude_.has_value() + gsd_.has_value() + !date_.empty();
  if (given == 0 && !cloud_cover_) return std::nullopt;
  if (given < 4)
    throw ConfigError("metadata go together: give --lon, --lat, --gsd and --date (--cloud is 0 if left out)");
  ImageMetadata metadata{.longitude = *longitude_,
                         .latitude = *latitude_,
                         .gsd = *gsd_,
                         .cloud_cover = cloud_cover_.value_or(0)};
  set_date(metadata, date_);
  return metadata;
}

namespace {

nlohmann::ordered_json describe(const GenerateConfig& config, const GeneratedImage& image) {
  nlohmann::ordered_json json = {
      {"prompt", config.prompt},        {"negative", config.negative},  {"seed", config.seed},
      {"steps", config.steps},          {"guidance", config.guidance},  {"scheduler", config.scheduler},
      {"height", image.pixels.size(1)}, {"width", image.pixels.size(2)}};
  if (config.metadata) {
    const ImageMetadata& m = *config.metadata;
    json["metadata"] = {
        {"longitude", m.longitude}, {"latitude", m.latitude}, {"gsd", m.gsd}, {"cloud_cover", m.cloud_cover},
        {"year", m.year},           {"month", m.month},       {"day", m.day}, {"raw", config.raw_metadata}};
  }
  return json;
}

}  // namespace

int GenerateCommand::run() {
  Console observer;
  if (count_ < 1) throw ConfigError("--count is 1 or more");
  if (!size_.empty()) config_.height = size_.front(), config_.width = size_.back();
  config_.metadata = metadata();
  const auto model = load_diffusion(folders_, precision_, device_);
  if (!lora_.empty()) merge_lora(*model->denoiser, lora_, lora_strength_);
  for (std::int64_t i = 0; i < count_; ++i, ++config_.seed) {
    const GeneratedImage image = generate(*model, config_, observer);
    if (image.prompt_cut) observer.warning("the prompt is too long: its end was left out");
    const std::filesystem::path stem =
        std::filesystem::path(output_) / ("image-" + std::to_string(config_.seed));
    const std::string text = describe(config_, image).dump(2);
    write_safetensors(stem.string() + ".safetensors",
                      {.tensors = {{"latents", image.latents}}, .metadata = {{"image", text}}});
    write_file_atomically(stem.string() + ".json", text + "\n");
    write_file_atomically(stem.string() + ".png",
                          encode_png_file(image.pixels.permute({1, 2, 0}).contiguous()));
    std::cout << stem.string() << ".png\n";
  }
  return 0;
}

}  // namespace nadir
