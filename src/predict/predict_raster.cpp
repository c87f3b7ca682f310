#include <torch/torch.h>
#include <chrono>

#include "core/text.h"
#include "nadir/predict.h"
#include "nadir/raster.h"
#include "predict/map_writer.h"

namespace nadir {
namespace {

constexpr std::int64_t kDefaultTile = 512;  // where neither the caller nor the model card says
constexpr std::int64_t kHighestBlock =
    1024;  // a file in one block cannot be read block by block in bounded memory

std::vector<std::int64_t> bands_to_read(const ModelCard& card, const PredictConfig& config) {
  if (!config.bands.empty()) return config.bands;
  if (!card.band_numbers.empty()) return card.band_numbers;
  std::vector<std::int64_t> numbers(card.bands.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i) + 1;
  return numbers;
}

void check_bands(const ModelCard& card, const std::vector<std::int64_t>& bands, const RasterInfo& raster) {
  const auto count = std::ssize(raster.bands);
  const bool all_there =
      std::all_of(bands.begin(), bands.end(), [&](auto b) { return b >= 1 && b <= count; });
  if (bands.size() == card.bands.size() && all_there) return;
  std::vector<std::string> found, asked;
  for (const RasterBand& band : raster.bands) found.push_back(band.name);
  for (const std::int64_t band : bands) asked.push_back(std::to_string(band));
  throw ModelError("the model needs bands " + join_words(card.bands) + "; bands " + join_words(asked) +
                   " were to be read, but " + raster.path + " has " + counted(count, "band") + " (" +
                   join_words(found) + "); choose " + counted(std::ssize(card.bands), "band") +
                   " with --bands");
}

PixelSource source_of(const RasterReader& reader, const std::vector<std::int64_t>& bands) {
  const RasterInfo& info = reader.info();
  PixelSource source{.height = info.height, .width = info.width, .bands = std::ssize(bands)};
  source.block_rows = info.block_rows <= kHighestBlock ? info.block_rows : 1;
  source.read = [&reader, bands](const Window& window) {
    return PixelSource::Pixels{reader.read(window, bands), reader.read_valid(window, bands)};
  };
  return source;
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

}  // namespace

PredictSummary predict_raster(const LoadedModel& model, const std::string& image,
                              const PredictOutputs& outputs, const PredictConfig& config,
                              ProgressObserver& observer) {
  const auto start = std::chrono::steady_clock::now();
  const ModelCard& card = model.card;
  const RasterReader reader(image);
  const std::vector<std::int64_t> bands = bands_to_read(card, config);
  check_bands(card, bands, reader.info());
  warn_about_type(card, reader.info(), observer);
  PredictConfig settled = config;
  if (settled.tile == 0) settled.tile = card.tile > 0 ? card.tile : kDefaultTile;

  MapWriter maps(card, reader.info(), outputs);
  const RowSink sink = [&](std::int64_t first_row, const torch::Tensor& probabilities,
                           const torch::Tensor& valid) { maps.add(first_row, probabilities, valid); };
  predict_rows(source_of(reader, bands), std::ssize(card.classes), make_tile_function(model, settled),
               settled, sink, observer);
  if (stop_requested()) throw Interrupted(image + ": prediction stopped; no output was changed");
  maps.finish(observer);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return {.pixels = maps.pixels(), .class_pixels = maps.class_pixels(), .seconds = seconds.count()};
}

}  // namespace nadir
