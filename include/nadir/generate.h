// Satellite images from text and metadata: Stable Diffusion (Rombach et al. 2022) and DiffusionSat (Khanna et
// al. 2023), from folders in diffusers' layout.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
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

// Sets each number to 0 with probability `share`, as DiffusionSat's training does.
void drop_metadata(std::array<double, 7>& numbers, RandomStream& stream, double share = 0.1);

// Captions as DiffusionSat was trained on them (samar-khanna/DiffusionSat, diffusionsat/data_util.py). With
// `drop`, parts are left out at random as in training: each with probability 0.1; of satlas the word "satlas"
// with 0.5.
// "a fmow satellite image of a car dealership in India" of "car_dealership" and "India"; "" leaves a part
// out.
std::string fmow_caption(const std::string& category, const std::string& country,
                         RandomStream* drop = nullptr);
struct SpacenetObjects {
  std::int64_t buildings = 0;
  double square_metres = 0;           // of all buildings
  std::optional<double> road_metres;  // of pictures of roads; 0: "no roads"
};
// "a spacenet satellite image of 144 buildings covering an area of 9280.166 squared meters in Rio".
std::string spacenet_caption(const SpacenetObjects& objects, const std::string& city,
                             RandomStream* drop = nullptr);
struct SatlasObjects {
  std::int64_t count = 1;
  std::string category;  // "wind_turbine"
  std::string corner;    // "top left", "top right", "bottom right", "bottom left"; "": anywhere
};
// "a satlas satellite image of 3 wind turbines, 1 solar farm in the top left".
std::string satlas_caption(const std::vector<SatlasObjects>& objects, RandomStream* drop = nullptr);

// A text as ftfy mends it, which transformers used before version 5 where it was installed: HTML entities
// (amp, lt, gt, quot, apos, nbsp, numbers), curly quotes, ligatures, full-width forms, control characters.
// Texts in a wrong encoding stay as they are. Without ICU (NADIR_ICU=OFF) the text itself; a ConfigError
// where it is not ASCII.
std::string mend_text(const std::string& text);

struct DiffusionFolders {
  std::filesystem::path model;  // model_index.json and unet/, vae/, text_encoder/, tokenizer/, scheduler/
  std::filesystem::path unet;   // another U-Net's folder (DiffusionSat's checkpoint); "": the model's own
};

struct DiffusionModel;  // the networks
// Loads config.json and weights of each part: safetensors or .bin, whole or sharded, float32 or fp16.
// Safetensors are mapped into memory: on a CPU, weights of the file's own precision take no memory of their
// own, but for those of convolutions. precision: fp32, bf16, fp16. low_memory: text encoder, U-Net and
// autoencoder are in memory (on the device) one at a time, while they are at work. Throws ModelError naming
// file and field for whatever cannot be read or is not supported, ConfigError for a device or precision that
// is not there.
std::shared_ptr<DiffusionModel> load_diffusion(const DiffusionFolders& folders,
                                               const std::string& precision = "fp32",
                                               const std::string& device = "auto", bool low_memory = false);

struct GenerateConfig {
  std::string prompt;
  std::string negative;                   // what to keep away from; empty: nothing in particular
  bool mend_text = false;                 // texts through mend_text() first
  std::optional<ImageMetadata> metadata;  // for U-Nets with metadata, which want it
  bool raw_metadata = false;              // as study 003 passed it
  std::int64_t steps = 50;
  double guidance = 7.5;               // 1 or less: the text alone, without an unconditional pass
  double guidance_rescale = 0;         // 0 .. 1, Lin et al. 2023
  std::int64_t height = 0, width = 0;  // pixels, multiples of 8 (the autoencoder's reduction); 0: as trained
  // The same picture on the same device. All noise is drawn by PyTorch's CPU generator in the order of
  // diffusers' pipelines: in float32 the picture is that of diffusers with generator =
  // torch.Generator().manual_seed(seed).
  std::uint64_t seed = 0;
  std::string scheduler;  // "": the folder's; ddpm, ddim, pndm, euler, euler_ancestral, dpmpp_2m, unipc
  double eta = 0;         // ddim alone
  bool tiled = false;     // decode tile by tile: less memory for large pictures
  // A picture to begin from (img2img), [3, H, W] uint8, sides multiples of 8; undefined: noise alone. height
  // and width are its own, or 0.
  at::Tensor image;
  // Where it is painted anew (inpainting): 128 and more of [H, W] uint8; undefined: everywhere. U-Nets made
  // for inpainting, with 9 channels, see picture and mask; others have the rest put back after each step.
  at::Tensor mask;
  // Share of the steps that are taken, above 0 to 1: how far the result may be from the picture. None: 0.8,
  // with a mask 1.
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

// Reads a picture or raster of 8 bits as a GenerateConfig's image, and one as its mask: made to fit height
// and width, by default the picture's own, cut down to multiples of what the model needs (Lanczos, as
// diffusers). Throws DataError naming the file; ConfigError in builds without NADIR_RASTER.
void set_image(GenerateConfig& config, const DiffusionModel& model, const std::filesystem::path& image,
               const std::filesystem::path& mask = {});

// ---- Many pictures

// What is known of a picture's place and time; none: not known.
struct KnownMetadata {
  std::optional<double> longitude, latitude, gsd, cloud_cover;
  std::optional<int> year, month, day;
  bool any() const;
  bool has_place() const { return longitude && latitude && gsd; }
  // Throws ConfigError naming what is missing (cloud cover is 0 when it is), and what is out of range.
  ImageMetadata whole() const;
};

// A picture to make, by itself or a row of a list.
struct GenerateJob {
  std::string name;  // of its files
  GenerateConfig config;
  KnownMetadata known;                       // becomes config.metadata where the U-Net takes some
  std::map<std::string, std::string> about;  // written with the settings: "model", "precision"
};
// Sets what a column or a sweep names: prompt (caption, text), negative, steps, guidance, guidance_rescale,
// scheduler, eta, strength, seed, size, height, width, lon (longitude), lat (latitude), gsd, cloud
// (cloud_cover), date, year, month, day, name (id). Throws ConfigError for another name, with the nearest,
// and for a value that is not one.
void set_setting(GenerateJob& job, const std::string& name, const std::string& value);

// A CSV with a header, or GeoJSON of points (RFC 7946), whose columns or properties are settings; empty ones
// are those of `defaults`. `caption`: fmow (columns category, country), spacenet (buildings, area, roads,
// city) or satlas (objects: "3 wind_turbine; 1 solar_farm in the top left") makes prompts of rows that have
// none; "": every row has one. A job without a name is called by its number. Throws DataError that lists
// every row that cannot be used, and why.
std::vector<GenerateJob> read_jobs(const std::filesystem::path& file, const GenerateJob& defaults,
                                   const std::string& caption = "");

// Gives the job its metadata if the model's U-Net takes some. Throws ConfigError naming what is missing.
void fit_metadata(GenerateJob& job, const DiffusionModel& model);

enum class ImageFormat { kPng, kGeoTiff };
// NAME.png or NAME.tif, NAME.safetensors (the latents) and NAME.json (the settings) in the folder; gives the
// picture's path. A GeoTIFF lies in the UTM zone of its centre (polar stereographic beyond 84 N and 80 S),
// with pixels of gsd metres. Throws ConfigError for a GeoTIFF without place or in a build without
// NADIR_RASTER.
std::filesystem::path save_image(const std::filesystem::path& folder, const GenerateJob& job,
                                 const GeneratedImage& image, ImageFormat format);
// Whether the folder holds the picture, made with the same settings.
bool is_saved(const std::filesystem::path& folder, const GenerateJob& job, ImageFormat format);
// A PNG of [H, W, 3] uint8, in every build.
std::string encode_plain_png(const at::Tensor& picture);

// ---- How like real pictures they are

// Frechet distance of two normal distributions with the features' means and covariances (Heusel et al. 2017):
// |ma - mb|^2 + tr(Ca + Cb - 2 (Ca Cb)^(1/2)). a: [N, D], b: [M, D]; two rows or more. Throws ConfigError.
double frechet_distance(const at::Tensor& a, const at::Tensor& b);

struct KernelDistanceConfig {
  std::int64_t subsets = 100;
  std::int64_t subset_size = 1000;  // at most; never more than there are rows
  std::uint64_t seed = 0;
};
struct KernelDistance {
  double mean = 0, deviation = 0;  // over the subsets
};
// Kernel distance (Binkowski et al. 2018): the unbiased squared maximum mean discrepancy with the kernel
// (x . y / D + 1)^3, over random subsets of both sets. Throws ConfigError.
KernelDistance kernel_distance(const at::Tensor& a, const at::Tensor& b,
                               const KernelDistanceConfig& config = {});

struct FeatureConfig {
  std::string encoder = "resnet50";  // any of nadir's
  std::string weights = "imagenet";  // published ones, or a file
  std::int64_t size = 224;  // side that pictures are resized to (bicubic, as Pillow); a multiple of 32
  std::int64_t batch = 16;
  std::string device = "auto";
};
// The encoder's last maps, averaged over their pixels: [N, D] float64, of all pictures and 8-bit rasters of a
// folder in the order of their names. Throws DataError naming a file that cannot be used or a folder without
// any; ConfigError, also in builds without NADIR_RASTER; ModelError where the weights lack some of the
// encoder.
at::Tensor image_features(const std::filesystem::path& folder, const FeatureConfig& config = {},
                          ProgressObserver& observer = silent_observer());

}  // namespace nadir
