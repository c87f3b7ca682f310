// Satellite images from text and metadata: Stable Diffusion (Rombach et al. 2022) and DiffusionSat (Khanna et
// al. 2023), from folders in diffusers' layout.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nadir/runtime.h"

namespace nadir {

// What DiffusionSat is told of a picture beside the text.
struct ImageMetadata {
  double longitude = 0, latitude = 0;  // degrees, -180 .. 180 and -90 .. 90
  double gsd = 1;                      // ground sample distance, metres
  double cloud_cover = 0;              // 0 .. 1
  int year = 2020, month = 1, day = 1;
};
// Throws ConfigError for values out of range, naming them.
void check(const ImageMetadata& metadata);
// "2020-02-27" into year, month and day. Throws ConfigError.
void set_date(ImageMetadata& metadata, const std::string& date);

// The seven numbers as the network sees them, 0 to 1000. `raw`: longitude, latitude and year without the
// shift
// (+ 180, + 90, - 1980) of the training data, as study 003 and the authors' notebook pass them.
std::array<double, 7> normalise(const ImageMetadata& metadata, bool raw = false);

struct DiffusionFolders {
  std::filesystem::path model;  // model_index.json and unet/, vae/, text_encoder/, tokenizer/, scheduler/
  std::filesystem::path unet;   // another U-Net's folder (DiffusionSat's checkpoint); "": the model's own
};

struct DiffusionModel;  // the networks, in memory
// Loads config.json and weights of each part: safetensors or .bin, whole or sharded, float32 or fp16.
// precision: fp32, bf16, fp16. Throws ModelError naming file and field for whatever cannot be read or is not
// supported, ConfigError for a device or precision that is not there.
std::shared_ptr<DiffusionModel> load_diffusion(const DiffusionFolders& folders,
                                               const std::string& precision = "fp32",
                                               const std::string& device = "auto");

struct GenerateConfig {
  std::string prompt;
  std::string negative;                   // what to keep away from; empty: nothing in particular
  std::optional<ImageMetadata> metadata;  // for U-Nets with metadata, which want it
  bool raw_metadata = false;              // as study 003 passed it
  std::int64_t steps = 50;
  double guidance = 7.5;               // 1 or less: the text alone, without an unconditional pass
  double guidance_rescale = 0;         // 0 .. 1, Lin et al. 2023
  std::int64_t height = 0, width = 0;  // pixels, multiples of 8 (the autoencoder's reduction); 0: as trained
  std::uint64_t seed = 0;              // the same picture on the same device
  std::string scheduler;  // "": the folder's; ddpm, ddim, pndm, euler, euler_ancestral, dpmpp_2m, unipc
  double eta = 0;         // ddim alone
  bool tiled = false;     // decode tile by tile: less memory for large pictures
};
struct GeneratedImage {
  at::Tensor pixels;        // [3, H, W] uint8
  at::Tensor latents;       // [C, h, w] float32, scaled as the U-Net sees them
  bool prompt_cut = false;  // the prompt was longer than the text encoder's tokens
};
// Throws ConfigError for settings that the model cannot follow, Interrupted when a stop was requested.
GeneratedImage generate(DiffusionModel& model, const GenerateConfig& config,
                        ProgressObserver& observer = silent_observer());

}  // namespace nadir
