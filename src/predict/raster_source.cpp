#include "predict/raster_source.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace nadir {
namespace {

constexpr std::int64_t kHighestBlock =
    1024;  // files in one block cannot be read block by block in bounded memory
constexpr double kNearResolution = 1.25;  // times finer or coarser than trained at, before it is worth a word

std::vector<std::string> wanted_bands(const PredictInput& input, const ModelCard& card) {
  if (!input.bands.empty()) return input.bands;
  std::vector<std::string> numbers;
  for (std::size_t i = 0; i < card.bands.size(); ++i) {
    const bool known = card.band_numbers.size() == card.bands.size();
    numbers.push_back(std::to_string(known ? card.band_numbers[i] : static_cast<std::int64_t>(i) + 1));
  }
  return numbers;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// As model cards name types.
std::string type_word(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return "uint8";
    case at::kUInt16:
      return "uint16";
    case at::kShort:
      return "int16";
    default:
      return "float32";
  }
}

void warn_about_type(const ModelCard& card, const RasterInfo& raster, ProgressObserver& observer) {
  if (card.pixel_type.empty() || card.pixel_type == type_word(raster.type)) return;
  observer.warning(raster.path + ": pixels are " + type_word(raster.type) + ", the model was trained on " +
                   card.pixel_type + "; the map is right only if the values mean the same");
}

void warn_about_resolution(const ModelCard& card, const RasterInfo& raster, ProgressObserver& observer) {
  const std::optional<double> found = ground_resolution(raster);
  if (!card.resolution || !found) return;
  const double ratio = *found / *card.resolution;
  if (ratio < kNearResolution && ratio > 1 / kNearResolution) return;
  observer.warning(raster.path + ": pixels are " + fixed(*found, 2) + " m, the model was trained at " +
                   fixed(*card.resolution, 2) + " m; --resolution model resamples to it");
}

std::optional<double> resolution_of(const PredictInput& input, const ModelCard& card) {
  if (input.resolution) return input.resolution;
  if (!input.model_resolution) return std::nullopt;
  if (card.resolution) return card.resolution;
  throw ConfigError("the model card has no ground resolution; give --resolution in metres");
}

}  // namespace

RasterSource::RasterSource(const PredictInput& input, const ModelCard& card, ProgressObserver& observer)
    : skip_unreadable_(input.skip_unreadable) {
  open(input, card);
  check_grids();
  choose_bands(input, card);
  choose_area(input);
  warn_about_type(card, info(), observer);
  warn_about_resolution(card, info(), observer);
}

void RasterSource::open(const PredictInput& input, const ModelCard& card) {
  if (input.files.empty()) throw ConfigError("no raster to map is named");
  const std::optional<double> resolution = resolution_of(input, card);
  for (const std::string& file : input.files) {
    Raster raster;
    raster.reader = std::make_unique<RasterReader>(file);
    if (resolution) {
      raster.view = std::make_unique<ResampledView>(raster.reader->info(), *resolution);
      raster.reader = std::make_unique<RasterReader>(raster.view->path());
    }
    rasters_.push_back(std::move(raster));
  }
}

void RasterSource::check_grids() const {
  for (const Raster& each : rasters_) {
    const RasterInfo& other = each.reader->info();
    if (other.height == info().height && other.width == info().width && same_grid(other.geo, info().geo))
      continue;
    throw DataError(
        other.path + ": lies on another grid than " + info().path +
        "; files whose bands are taken together need one size, CRS and transform (gdalbuildvrt and "
        "gdalwarp make such)");
  }
}

std::vector<std::string> RasterSource::band_names() const {
  std::vector<std::string> names;
  for (const Raster& raster : rasters_) {
    for (const RasterBand& band : raster.reader->info().bands) names.push_back(band.name);
  }
  return names;
}

// A name fits whatever its case; of equal names the first.
std::int64_t RasterSource::band_number(const std::string& name) const {
  if (is_number(name)) return std::stoll(name);
  const std::vector<std::string> names = band_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (lower(names[i]) == lower(name)) return static_cast<std::int64_t>(i) + 1;
  }
  throw ConfigError(info().path + ": has no band '" + name + "'; its bands are " + join_words(names));
}

void RasterSource::choose_bands(const PredictInput& input, const ModelCard& card) {
  const std::vector<std::string> wanted = wanted_bands(input, card);
  const std::int64_t count = std::ssize(band_names());
  bool fits = wanted.size() == card.bands.size();
  std::int64_t last_file = 0;
  for (const std::string& name : wanted) {
    std::int64_t number = band_number(name);
    fits = fits && number >= 1 && number <= count;
    if (!fits) break;
    std::int64_t file = 0;
    for (; number > std::ssize(rasters_[static_cast<std::size_t>(file)].reader->info().bands); ++file) {
      number -= std::ssize(rasters_[static_cast<std::size_t>(file)].reader->info().bands);
    }
    if (file < last_file)
      throw ConfigError(
          "bands of several files are taken file by file; name the files in the order of the bands");
    last_file = file;
    rasters_[static_cast<std::size_t>(file)].bands.push_back(number);
  }
  if (!fits) {
    throw ModelError("the model needs bands " + join_words(card.bands) + "; bands " + join_words(wanted) +
                     " were to be read, but " + info().path + " has " + counted(count, "band") + " (" +
                     join_words(band_names()) + "); choose " + counted(std::ssize(card.bands), "band") +
                     " with --bands");
  }
}

void RasterSource::choose_area(const PredictInput& input) {
  area_ = {0, 0, info().height, info().width};
  if (input.bounds) area_ = window_of_bounds(info(), *input.bounds);
  if (input.aoi.empty()) return;
  aoi_ = std::make_unique<AreaMask>(input.aoi, info());
  area_ = intersection(area_, aoi_->extent());
  if (area_.empty()) throw ConfigError(input.aoi + ": none of its polygons meets the bounds");
}

GeoReference RasterSource::geo() const {
  GeoReference geo = info().geo;
  const auto row = static_cast<double>(area_.row), column = static_cast<double>(area_.column);
  if (geo.transform) {
    auto& t = *geo.transform;
    t[0] += column * t[1] + row * t[2];
    t[3] += column * t[4] + row * t[5];
  }
  for (auto& point : geo.control_points) {
    point.column -= column;
    point.row -= row;
  }
  return geo;
}

at::ScalarType RasterSource::type() const {
  at::ScalarType type = rasters_.front().reader->info().type;
  for (const Raster& each : rasters_) {
    if (!each.bands.empty() && each.reader->info().type != type) return at::kFloat;
  }
  return type;
}

std::int64_t RasterSource::bands() const {
  std::int64_t count = 0;
  for (const Raster& each : rasters_) count += std::ssize(each.bands);
  return count;
}

PixelSource RasterSource::pixels() {
  PixelSource source{.height = info().height, .width = info().width, .bands = bands()};
  source.block_rows = info().block_rows <= kHighestBlock ? info().block_rows : 1;
  source.read = [this](const Window& window) { return read(window); };
  return source;
}

PixelSource::Pixels RasterSource::read(const Window& window) {
  std::vector<torch::Tensor> images;
  PixelSource::Pixels pixels;
  for (const Raster& each : rasters_) {
    if (each.bands.empty()) continue;
    RasterReader::Pixels part = read_part(each, window);
    images.push_back(rasters_.size() > 1 ? part.image.to(type()) : part.image);
    if (part.valid.defined()) {
      pixels.valid = pixels.valid.defined() ? pixels.valid.logical_and(part.valid) : part.valid;
    }
  }
  pixels.image = images.size() == 1 ? images.front() : torch::cat(images, 0);
  if (aoi_) pixels.wanted = aoi_->read(window);
  return pixels;
}

RasterReader::Pixels RasterSource::read_part(const Raster& raster, const Window& window) {
  try {
    return raster.reader->read_with_valid(window, raster.bands);
  } catch (const DataError&) {
    return read_blocks(raster, window);
  }
}

// Block by block, after a failure: to name the block, or to leave it out.
RasterReader::Pixels RasterSource::read_blocks(const Raster& raster, const Window& window) {
  const RasterInfo& its = raster.reader->info();
  RasterReader::Pixels pixels;
  pixels.image = torch::zeros({std::ssize(raster.bands), window.height, window.width}, its.type);
  pixels.valid = torch::ones({window.height, window.width}, torch::kBool);
  const std::int64_t height = its.block_rows, width = its.block_columns;
  for (std::int64_t row = window.row / height * height; row < window.bottom(); row += height) {
    for (std::int64_t column = window.column / width * width; column < window.right(); column += width) {
      const Window block = intersection({row, column, height, width}, window);
      const auto part = [&](const torch::Tensor& whole) {
        return whole.narrow(-2, block.row - window.row, block.height)
            .narrow(-1, block.column - window.column, block.width);
      };
      try {
        const RasterReader::Pixels found = raster.reader->read_with_valid(block, raster.bands);
        part(pixels.image).copy_(found.image);
        if (found.valid.defined()) part(pixels.valid).copy_(found.valid);
      } catch (const DataError& error) {
        if (!skip_unreadable_) {
          throw DataError(std::string(error.what()) + "; block " + std::to_string(column / width) + ", " +
                          std::to_string(row / height) + " (across, down); --skip-unreadable maps the rest");
        }
        ++unreadable_;
        part(pixels.valid).fill_(false);
      }
    }
  }
  return pixels;
}

}  // namespace nadir
