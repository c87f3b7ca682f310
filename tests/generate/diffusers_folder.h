// A model in diffusers' layout, of the goldens' tiny networks, as a user would have it on disk.
#pragma once

#include <fstream>

#include "diffusion_golden.h"
#include "generate/diffusion_model.h"
#include "nadir/model_file.h"
#include "temporary_folder.h"

namespace nadir {

using Json = nlohmann::json;

inline const Json& models_golden() {
  static const Json json = golden::read(golden::folder() / "diffusion-models.json");
  return json;
}

// A tokenizer of the golden's size: ids 98 and 99 begin and end a text, and letters stand for words.
inline Json letters_vocabulary() {
  Json ids;
  for (int i = 0; i < 98; ++i)
    ids[i < 26 ? std::string(1, static_cast<char>('a' + i)) + "</w>" : "word" + std::to_string(i)] = i;
  ids["<|startoftext|>"] = 98;
  ids["<|endoftext|>"] = 99;
  return ids;
}

// A whole model, as a user would have it on disk.
class DiffusersFolder : public testing::Test {
 protected:
  DiffusersFolder() {
    put("unet/config.json", unet_config(false));
    put("vae/config.json", models_golden().at("vae").at("config"));
    put("text_encoder/config.json", models_golden().at("text_encoder").at("config"));
    put("tokenizer/vocab.json", letters_vocabulary());
    put("tokenizer/tokenizer_config.json", {{"model_max_length", 16}});
    std::ofstream(folder_.path() / "tokenizer/merges.txt") << "#version: 0.2\n";
    put("scheduler/scheduler_config.json", golden::published_scheduler());
    save("unet/diffusion_pytorch_model.safetensors",
         *make_denoiser(read_denoiser_config({unet_config(false), "unet"})));
    save("vae/diffusion_pytorch_model.safetensors",
         *make_autoencoder(read_autoencoder_config({models_golden().at("vae").at("config"), "vae"})));
    save("text_encoder/model.safetensors", *make_text_encoder(read_text_encoder_config(
                                               {models_golden().at("text_encoder").at("config"), "text"})));
  }

  static Json unet_config(bool metadata) {
    Json config = models_golden().at("unet").at("config");
    if (metadata) config["use_metadata"] = true, config["num_metadata"] = 7;
    return config;
  }
  void put(const std::string& name, const Json& json) {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << json.dump(2);
  }
  void save(const std::string& name, torch::nn::Module& module, torch::ScalarType type = torch::kFloat32) {
    golden::fill(module);
    SafeTensors contents;
    for (const auto& [key, tensor] : named_state(module)) contents.tensors.emplace_back(key, tensor.to(type));
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    write_safetensors(folder_.path() / name, contents);
  }
  // DiffusionSat's U-Net, in a folder of its own.
  std::filesystem::path metadata_unet() {
    put("satunet/config.json", unet_config(true));
    save("satunet/diffusion_pytorch_model.safetensors",
         *make_denoiser(read_denoiser_config({unet_config(true), "unet"})));
    return folder_.path() / "satunet";
  }
  // A U-Net made for inpainting: it sees the mask and the picture without what it hides.
  std::filesystem::path inpainting_unet() {
    Json config = unet_config(false);
    config["in_channels"] = 9;
    put("unet9/config.json", config);
    save("unet9/diffusion_pytorch_model.safetensors", *make_denoiser(read_denoiser_config({config, "unet"})));
    return folder_.path() / "unet9";
  }
  std::shared_ptr<DiffusionModel> load(const std::filesystem::path& unet = {}) const {
    return load_diffusion({folder_.path(), unet}, "fp32", "cpu");
  }
  // The golden's text and latents.
  static SamplingStart start(DiffusionModel& model, bool metadata) {
    const torch::NoGradGuard no_grad;
    const Json& generation = models_golden().at("generation");
    const auto text = [&](const char* key) {
      return model.text_encoder
          ->forward(torch::tensor(generation.at(key).get<std::vector<std::int64_t>>()).unsqueeze(0))
          .tokens;
    };
    SamplingStart start;
    start.latents = golden::normal("tiny.pipe.latents", {1, 4, 8, 8});
    start.text = text("conditional ids");
    start.negative = text("unconditional ids");
    if (metadata) {
      const Json& row = models_golden().at("unet_metadata").at("input").at("as unet, metadata")[0];
      start.metadata = torch::tensor(row.get<std::vector<float>>()).unsqueeze(0);
    }
    return start;
  }

  TemporaryFolder folder_;
};

}  // namespace nadir
