#include <torch/torch.h>

#include "generate/diffusion_model.h"
#ifdef NADIR_RASTER
#include "nadir/raster.h"
#include "pictures/picture.h"
#include "pictures/resample.h"
#endif

namespace nadir {

#ifdef NADIR_RASTER
namespace {

// [H, W, C] uint8
at::Tensor read_pixels(const std::filesystem::path& file, PictureColor color) {
  if (is_picture(file)) {
    const Picture picture = read_picture(file, {.color = color});
    if (picture.info.type == at::kByte) return picture.pixels;
    throw DataError(file.string() + ": has 16 bits; pictures to begin from have 8");
  }
  const RasterReader raster(file.string());
  const RasterInfo& info = raster.info();
  if (info.type != at::kByte) {
    throw DataError(file.string() + ": has pixels of type " + info.type_name +
                    "; pictures to begin from have 8 bits");
  }
  const std::int64_t wanted = color == PictureColor::kRgb && info.bands.size() >= 3 ? 3 : 1;
  std::vector<std::int64_t> bands;
  for (std::int64_t i = 1; i <= wanted; ++i) bands.push_back(i);
  at::Tensor pixels = raster.read({0, 0, info.height, info.width}, bands);
  if (color == PictureColor::kRgb) pixels = pixels.expand({3, info.height, info.width});
  return pixels.permute({1, 2, 0}).contiguous();
}

// [C, height, width]
at::Tensor fitted(const at::Tensor& pixels, std::int64_t height, std::int64_t width) {
  const Resampler resize({pixels.size(0), pixels.size(1)}, {height, width}, ResampleFilter::kLanczos);
  return resize(pixels);
}

std::int64_t fitting(std::int64_t asked, std::int64_t own, std::int64_t multiple) {
  return asked > 0 ? asked : std::max(multiple, own - own % multiple);
}

}  // namespace

void set_image(GenerateConfig& config, const DiffusionModel& model, const std::filesystem::path& image,
               const std::filesystem::path& mask) {
  const std::int64_t multiple = model.autoencoder->config().reduction();
  const at::Tensor pixels = read_pixels(image, PictureColor::kRgb);
  config.height = fitting(config.height, pixels.size(0), multiple);
  config.width = fitting(config.width, pixels.size(1), multiple);
  if (config.height % multiple != 0 || config.width % multiple != 0) {
    throw ConfigError("the size has to be a multiple of " + std::to_string(multiple) + " pixels");
  }
  config.image = fitted(pixels, config.height, config.width);
  config.mask = at::Tensor();
  if (mask.empty()) return;
  config.mask = fitted(read_pixels(mask, PictureColor::kGray), config.height, config.width)[0];
}

#else

void set_image(GenerateConfig&, const DiffusionModel&, const std::filesystem::path& image,
               const std::filesystem::path&) {
  throw ConfigError(image.string() + ": this build reads no pictures (NADIR_RASTER=OFF)");
}

#endif

}  // namespace nadir
