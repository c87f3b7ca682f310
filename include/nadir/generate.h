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

struct DiffusionModel;  // the networks
// Loads config.json and weights of each part: safetensors or .bin, whole or sharded, float32 or fp16.
// Safetensors are mapped into memory: on a CPU, weights of the file's own precision take no memory of their own.
// precision: fp32, bf16, fp16. low_memory: text encoder, U-Net and autoencoder are in memory (on the device) one
// at a time, while they are at work. Throws ModelError naming file and field for whatever cannot be read or is
// not supported, ConfigError for a device or precision that is not there.
std::shared_ptr<DiffusionModel> load_diffusion(const DiffusionFolders& folders,
                                               const std::string& precision = "fp32",
                                               const std::string& device = "auto", bool low_memory = false);

struct GenerateConfig {
  std::string prompt;
  std::string negative;                   // what to keep away from; empty: nothing in particular
  std::optional<ImageMetadata> metadata;  // for U-Nets with metadata, which want it
  bool raw_metadata = false;              // as study 003 passed it
  std::int64_t steps = 50;
  double guidance = 7.5;               // 1 or less: the text alone, without an unconditional pass
  double guidance_rescale = 0;         // 0 .. 1, Lin et al. 2023
  std::int64_t height = 0, width = 0;  // pixels, multiples of 8 (the autoencoder's reduction); 0: as trained
  // The same picture on the same device. All noise is drawn by PyTorch's CPU generator in the order of diffusers'
  // pipelines: in float32 the picture is that of diffusers with generator = torch.Generator().manual_seed(seed).
  std::uint64_t seed = 0;
  std::string scheduler;  // "": the folder's; ddpm, ddim, pndm, euler, euler_ancestral, dpmpp_2m, unipc
  double eta = 0;         // ddim alone
  bool tiled = false;     // decode tile by tile: less memory for large pictures
  // A picture to begin from (img2img), [3, H, W] uint8, sides multiples of 8; undefined: noise alone. height and
  // width are its own, or 0.
  at::Tensor image;
  // Where it is painted anew (inpainting): 128 and more of [H, W] uint8; undefined: everywhere. U-Nets made for
  // inpainting, with 9 channels, see picture and mask; others have the rest put back after each step.
  at::Tensor mask;
  // Share of the steps that are taken, above 0 to 1: how far the result may be from the picture. None: 0.8, with
  // a mask 1.
  std::optional<double> strength;
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
