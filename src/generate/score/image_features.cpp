#include <torch/torch.h>

#include "models/encoders/encoder.h"
#include "models/imagenet_weights.h"
#include "models/load_weights.h"
#include "nadir/generate.h"
#include "weights/download.h"
#ifdef NADIR_RASTER
#include "nadir/raster.h"
#include "pictures/picture.h"
#include "pictures/resample.h"
#endif

namespace nadir {

#ifdef NADIR_RASTER
namespace {

bool has_suffix_of_raster(const std::filesystem::path& file) {
  const std::string suffix = file.extension().string();
  return suffix == ".tif" || suffix == ".tiff" || suffix == ".TIF" || suffix == ".TIFF";
}

std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) throw DataError(folder.string() + ": is not a folder");
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file() && (is_picture(entry.path()) || has_suffix_of_raster(entry.path()))) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) throw DataError(folder.string() + ": has no pictures (.png, .jpg, .tif)");
  return files;
}

// [H, W, 3] uint8
torch::Tensor read_rgb(const std::filesystem::path& file) {
  if (is_picture(file)) {
    Picture picture = read_picture(file, {.color = PictureColor::kRgb});
    if (picture.info.type == at::kByte) return picture.pixels;
    throw DataError(file.string() + ": has 16 bits; pictures to score have 8");
  }
  const RasterReader raster(file.string());
  const RasterInfo& info = raster.info();
  if (info.type != at::kByte || (info.bands.size() != 1 && info.bands.size() < 3)) {
    throw DataError(file.string() + ": pictures to score have 8 bits, and one band or three");
  }
  const std::vector<std::int64_t> bands =
      info.bands.size() == 1 ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{1, 2, 3};
  return raster.read({0, 0, info.height, info.width}, bands)
      .expand({3, -1, -1})
      .permute({1, 2, 0})
      .contiguous();
}

// [3, size, size] float32, normalised as ImageNet's networks were trained. Resized as Parmar et al. (2022)
// ask: with a filter that widens.
torch::Tensor network_input(const std::filesystem::path& file, std::int64_t size) {
  const torch::Tensor pixels = read_rgb(file);
  const Resampler resize({pixels.size(0), pixels.size(1)}, {size, size}, ResampleFilter::kBicubic);
  const torch::Tensor mean = torch::tensor({0.485, 0.456, 0.406}, torch::kFloat32).view({3, 1, 1});
  const torch::Tensor deviation = torch::tensor({0.229, 0.224, 0.225}, torch::kFloat32).view({3, 1, 1});
  return (resize(pixels).to(torch::kFloat32) / 255 - mean) / deviation;
}

std::shared_ptr<Encoder> load_encoder(const FeatureConfig& config, ProgressObserver& observer) {
  const auto encoder = make_encoder(config.encoder, {});
  const std::filesystem::path file = config.weights == "imagenet"
                                         ? fetch(imagenet_url(config.encoder), cache_folder(), observer)
                                         : std::filesystem::path(config.weights);
  const WeightsReport report = load_weights(*encoder, file, LoadRules{.partial = true});
  if (!report.missing.empty() || !report.misshapen.empty()) {
    std::string message = file.string() + ": is not a whole " + config.encoder;
    list_names(message, report.missing, "missing");
    list_names(message, report.misshapen, "of another shape");
    throw ModelError(message);
  }
  encoder->eval();
  return encoder;
}

}  // namespace

at::Tensor image_features(const std::filesystem::path& folder, const FeatureConfig& config,
                          ProgressObserver& observer) {
  const torch::NoGradGuard no_grad;
  if (config.size < 32 || config.size % 32 != 0) throw ConfigError("size has to be a multiple of 32");
  if (config.batch < 1) throw ConfigError("batch is 1 or more");
  const std::vector<std::filesystem::path> files = pictures_in(folder);
  const torch::Device device = choose_device(config.device);
  const auto encoder = load_encoder(config, observer);
  encoder->to(device);
  std::vector<torch::Tensor> rows, batch;
  for (const std::filesystem::path& file : files) {
    if (stop_requested()) throw Interrupted("stopped before " + file.string());
    batch.push_back(network_input(file, config.size));
    if (static_cast<std::int64_t>(batch.size()) < config.batch && &file != &files.back()) continue;
    const torch::Tensor maps = encoder->forward(torch::stack(batch).to(device)).back();
    rows.push_back(maps.to(torch::kFloat64).mean({2, 3}).cpu());
    observer.progress({"features of " + folder.string(), &file - files.data() + 1,
                       static_cast<std::int64_t>(files.size()), ""});
    batch.clear();
  }
  return torch::cat(rows);
}

#else

at::Tensor image_features(const std::filesystem::path& folder, const FeatureConfig&, ProgressObserver&) {
  throw ConfigError(folder.string() + ": this build reads no pictures (NADIR_RASTER=OFF)");
}

#endif

}  // namespace nadir
