// Parts of a diffusion model as folders in diffusers' layout.
#pragma once

#include <filesystem>

#include "generate/diffusion_model.h"
#include "nadir/model_file.h"

namespace nadir {

// config.json and diffusion_pytorch_model.safetensors of a U-Net. `like`: a config.json whose fields are
// kept, for a U-Net that differs from its own by metadata alone; "": all are written anew.
void write_unet_folder(const std::filesystem::path& folder, const DenoiserConfig& config,
                       const NamedTensors& weights, const std::filesystem::path& like = {});

// A whole model that works on pixels: unet, text_encoder, tokenizer, scheduler and model_index.json, without
// a vae. `text_encoder`: its weights.
struct PixelModelFiles {
  NamedTensors unet, text_encoder;
  ClipVocabulary vocabulary;
};
void write_pixel_model(const std::filesystem::path& folder, const DiffusionModel& model,
                       const PixelModelFiles& files);

}  // namespace nadir
