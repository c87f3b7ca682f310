#include "predict/classify_raster.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/text.h"
#include "predict/map_writer.h"
#include "predict/mirrored_tile.h"
#include "predict/products.h"
#include "predict/raster_source.h"

namespace nadir {
namespace {

// Of the map whose pixels are tiles.
GeoReference coarse(GeoReference geo, std::int64_t tile) {
  const auto factor = static_cast<double>(tile);
  if (geo.transform) {
    for (const std::size_t i : {1U, 2U, 4U, 5U}) (*geo.transform)[i] *= factor;
  }
  for (auto& point : geo.control_points) {
    point.column /= factor;
    point.row /= factor;
  }
  return geo;
}

// The tiles of a row of the map.
class TileRow {
 public:
  TileRow(PixelSource source, const Window& area, const TileFunction& network, const PredictConfig& config,
          std::int64_t classes)
      : source_(std::move(source)), area_(area), network_(network), config_(config), classes_(classes) {}

  struct Result {
    torch::Tensor probabilities;  // [K, 1, columns]
    torch::Tensor valid;          // [1, columns] bool
    TileCounts tiles;
  };
  Result run(std::int64_t row) {
    const std::int64_t columns = (area_.width + config_.tile - 1) / config_.tile;
    Result result{torch::zeros({classes_, 1, columns}), torch::zeros({1, columns}, torch::kBool), {}};
    for (std::int64_t column = 0; column < columns; ++column) {
      const std::int64_t side = config_.tile;
      const Window tile =
          intersection(area_, {area_.row + row * side, area_.column + column * side, side, side});
      add(source_.read(tile), column);
      if (std::ssize(columns_) == config_.batch_size) flush(result);
    }
    flush(result);
    result.tiles.skipped = columns - result.tiles.run;
    return result;
  }

 private:
  void add(const PixelSource::Pixels& pixels, std::int64_t column) {
    torch::Tensor kept = pixels.valid;
    if (pixels.wanted.defined()) kept = kept.defined() ? kept & pixels.wanted : pixels.wanted;
    if (kept.defined() && !kept.any().item<bool>()) return;
    const MirroredTile tile = mirrored_tile(pixels.image, pixels.valid, config_.tile, config_.tile);
    images_.push_back(tile.image);
    valid_.push_back(tile.valid);
    columns_.push_back(column);
  }

  void flush(Result& result) {
    if (columns_.empty()) return;
    const torch::Tensor p = network_(torch::stack(images_), torch::stack(valid_)).flatten(1);  // [N, K]
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      result.probabilities.select(2, columns_[i]).select(1, 0).copy_(p[static_cast<std::int64_t>(i)]);
      result.valid[0][columns_[i]] = true;
    }
    result.tiles.run += std::ssize(columns_);
    images_.clear();
    valid_.clear();
    columns_.clear();
  }

  PixelSource source_;
  Window area_;
  const TileFunction& network_;
  const PredictConfig& config_;
  std::int64_t classes_;
  std::vector<torch::Tensor> images_, valid_;  // of the batch under way
  std::vector<std::int64_t> columns_;
};

}  // namespace

PredictSummary classify_raster(const LoadedModel& model, const PredictInput& input,
                               const PredictOutputs& outputs, const PredictConfig& config,
                               ProgressObserver& observer) {
  if (!outputs.overlay.empty())
    throw ConfigError(outputs.overlay.string() + ": a map of one pixel a tile is not drawn over the image");
  RasterSource source(input, model.card, observer);
  const Window area = source.area();
  const std::int64_t rows = (area.height + config.tile - 1) / config.tile;
  const std::int64_t columns = (area.width + config.tile - 1) / config.tile;
  const std::vector<Product> products =
      make_products(model.card, outputs, input.files, rows, columns, coarse(source.geo(), config.tile));
  MapWriter writer(model.card, products, outputs);
  LevelMaker maker(model.card, products, outputs.probability_class, input.files.front());
  const TileFunction network = make_tile_function(model, config);
  TileRow tiles(source.pixels(), area, network, config, std::ssize(model.card.classes));
  PredictSummary summary;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (stop_requested())
      throw Interrupted(input.files.front() + ": prediction stopped; no output was changed");
    const TileRow::Result result = tiles.run(row);
    writer.add(maker.make(row, result.probabilities, result.valid));
    summary.tiles.run += result.tiles.run;
    summary.tiles.skipped += result.tiles.skipped;
    observer.progress({"classify", row + 1, rows, counted(summary.tiles.run, "tile")});
  }
  writer.finish([](const std::filesystem::path&, const std::filesystem::path&) {}, observer);
  summary.unreadable_blocks = source.unreadable_blocks();
  summary.pixels = writer.pixels();
  summary.class_pixels = writer.class_pixels();
  summary.class_areas = writer.class_areas();
  return summary;
}

}  // namespace nadir
