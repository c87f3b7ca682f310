#include "data/caption_patches.h"

#include <torch/types.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.h"
#include "data/csv.h"
#include "nadir/raster.h"
#include "pictures/picture.h"
#include "raster/geographic.h"
#include "raster/index_rows.h"

namespace nadir {
namespace {

constexpr double kFew = 0.1;  // share up to which a patch has none to speak of

void check(const CaptionPatchesConfig& config) {
  if (config.size < 1 || config.stride < 1) throw ConfigError("size and stride are 1 or more");
  if (config.most < 0) throw ConfigError("most is 0 (all) or more");
  if (config.captions.size() != 3) {
    throw ConfigError("three captions are wanted: of patches below, above, and between");
  }
  const std::size_t bands = config.picture_bands.size();
  if (!config.pictures.empty() && bands != 1 && bands != 3)
    throw ConfigError("a picture has one band or three, not " + std::to_string(bands));
}

std::string four_digits(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
}

class PatchLister {
 public:
  PatchLister(const std::string& image, const CaptionPatchesConfig& config)
      : config_(config),
        reader_(image),
        places_(reader_.info().geo, image),
        index_(find_spectral_index(config.index)),
        bands_(index_bands(index_, config.bands)) {
    const std::optional<double> area = area_of_pixels(reader_.info().geo, reader_.info().height / 2, 1);
    gsd_ = std::sqrt(area.value());  // there is a place on the ground, so there is one
  }

  // Which caption a patch has, and the share that says so; none when a pixel is not valid.
  std::optional<double> share(const Window& window) const {
    const RasterReader::Pixels pixels = reader_.read_with_valid(window, bands_);
    if (pixels.valid.defined() && !pixels.valid.all().item<bool>()) return std::nullopt;
    const torch::Tensor values = compute_spectral_index(index_, pixels.image.to(torch::kFloat32));
    if (values.isnan().any().item<bool>()) return std::nullopt;
    return values.gt(config_.threshold).to(torch::kFloat64).mean().item<double>();
  }
  static std::size_t kind(double share) { return share <= kFew ? 0 : share >= 1 - kFew ? 1 : 2; }

  std::string line(const std::string& image, const Window& window, double share) const {
    const GeographicPoint centre =
        places_.at(static_cast<double>(window.column) + static_cast<double>(window.width) / 2,
                   static_cast<double>(window.row) + static_cast<double>(window.height) / 2);
    return csv_line({image, std::to_string(window.row), std::to_string(window.column),
                     std::to_string(window.height), std::to_string(window.width),
                     config_.captions[kind(share)], fixed(share, 4), fixed(centre.longitude, 6),
                     fixed(centre.latitude, 6), fixed(gsd_, 3), shortest(config_.cloud_cover), config_.date});
  }
  const RasterInfo& info() const { return reader_.info(); }

  void write_picture(const Window& window, double share) const {
    const torch::Tensor pixels = reader_.read(window, config_.picture_bands);  // [C, H, W]
    if (pixels.scalar_type() != torch::kUInt8)
      throw DataError(info().path + ": its pixels are not of 8 bits, as pictures are");
    const std::string file = four_digits(window.row) + "-" + four_digits(window.column) + ".png";
    write_file_atomically(std::filesystem::path(config_.pictures) / config_.captions[kind(share)] / file,
                          encode_png_file(pixels.permute({1, 2, 0}).contiguous()));
  }

 private:
  const CaptionPatchesConfig& config_;
  RasterReader reader_;
  GeographicPlaces places_;
  SpectralIndex index_;
  std::vector<std::int64_t> bands_;
  double gsd_ = 0;
};

struct Listed {
  Window window;
  double share = 0;
};

std::vector<Listed> list_patches(const PatchLister& lister, const CaptionPatchesConfig& config) {
  std::vector<Listed> patches;
  for (std::int64_t row = 0; row + config.size <= lister.info().height; row += config.stride) {
    for (std::int64_t column = 0; column + config.size <= lister.info().width; column += config.stride) {
      const Window window{row, column, config.size, config.size};
      const std::optional<double> share = lister.share(window);
      if (!share || config.captions[PatchLister::kind(*share)].empty()) continue;
      patches.push_back({window, *share});
    }
  }
  return patches;
}

// At most so many of each caption: of n the i-th where i most / n reaches the next whole number.
std::vector<Listed> thinned(const std::vector<Listed>& patches, std::int64_t most) {
  std::array<std::int64_t, 3> count{}, seen{};
  for (const Listed& each : patches) ++count[PatchLister::kind(each.share)];
  std::vector<Listed> kept;
  for (const Listed& each : patches) {
    const std::size_t kind = PatchLister::kind(each.share);
    const std::int64_t all = count[kind], wanted = std::min(most, all), i = seen[kind]++;
    if ((i + 1) * wanted / all > i * wanted / all) kept.push_back(each);
  }
  return kept;
}

}  // namespace

CaptionPatchesSummary write_caption_patches(const std::string& image, const CaptionPatchesConfig& config,
                                            const std::filesystem::path& output) {
  check(config);
  const PatchLister lister(image, config);
  const std::string name =
      std::filesystem::proximate(image, std::filesystem::absolute(output).parent_path()).string();
  std::vector<Listed> patches = list_patches(lister, config);
  if (patches.empty()) {
    throw DataError(image + ": has no patch of " + std::to_string(config.size) + " valid pixels a side");
  }
  if (config.most > 0) patches = thinned(patches, config.most);
  std::string text = csv_line({"image", "row", "column", "height", "width", "caption", "share", "lon", "lat",
                               "gsd", "cloud", "date"});
  CaptionPatchesSummary summary{{0, 0, 0}, {0, 0, 0}};
  for (const Listed& each : patches) {
    text += lister.line(name, each.window, each.share);
    if (!config.pictures.empty()) lister.write_picture(each.window, each.share);
    const std::size_t kind = PatchLister::kind(each.share);
    summary.share[kind] += each.share;
    ++summary.patches[kind];
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (summary.patches[i] > 0) summary.share[i] /= static_cast<double>(summary.patches[i]);
  }
  write_file_atomically(output, text);
  return summary;
}

}  // namespace nadir
