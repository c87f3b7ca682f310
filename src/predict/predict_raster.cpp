#include <torch/torch.h>

#include <chrono>
#include <thread>

#include "core/text.h"
#include "nadir/predict.h"
#include "predict/batch_tiles.h"
#include "predict/blend_area.h"
#include "predict/classify_raster.h"
#include "predict/map_writer.h"
#include "predict/memory_plan.h"
#include "predict/output_files.h"
#include "predict/overlay.h"
#include "predict/products.h"
#include "predict/raster_source.h"
#include "predict/row_store.h"
#include "predict/symmetries.h"
#include "predict/task_thread.h"
#include "predict/tile_network.h"
#include "predict/work_plan.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDefaultTile = 512;           // where neither the caller nor the model card says
constexpr std::int64_t kStoredPixels = 4096 * 4096;  // rasters from this size on can be gone on with
constexpr std::size_t kBandsWaiting = 1;             // of rows, to be written
constexpr std::int64_t kReplayedBytes = 8 << 20;     // read back from the store at a time
constexpr std::chrono::milliseconds kPoll{50};
// Folding and fusing save about a quarter of a run in float32.
constexpr std::int64_t kPixelsWorthTracing = 4 * 512 * 512;

PredictConfig settled(const PredictConfig& config, const ModelCard& card) {
  PredictConfig result = config;
  if (result.tile == 0) result.tile = card.tile > 0 ? card.tile : kDefaultTile;
  result.batch_size = batch_tiles(result);
  return result;
}

// Levels of the rows that are blended.
class LevelRows : public BlendSink {
 public:
  using Take = std::function<void(std::int64_t first_row, Levels levels)>;
  LevelRows(const LevelMaker& maker, const Window& area, Take take)
      : maker_(maker), area_(area), take_(std::move(take)) {}

  void begin_rows(std::int64_t first, std::int64_t bottom) override {
    first_ = first;
    levels_ = bottom > first ? maker_.empty(bottom - first, area_.width) : Levels{};
  }
  void take(const RowPiece& piece) override {
    maker_.fill(levels_, piece.row - first_, piece.column - area_.column, piece);
  }
  void end_rows(const torch::Tensor& kept) override {
    if (levels_.empty()) return;
    if (kept.defined()) maker_.mask(levels_, kept);
    take_(first_, std::move(levels_));
  }

 private:
  const LevelMaker& maker_;
  Window area_;
  Take take_;
  std::int64_t first_ = 0;
  Levels levels_;
};

class RasterJob {
 public:
  RasterJob(const LoadedModel& model, const PredictInput& input, const PredictOutputs& outputs,
            const PredictConfig& config, ProgressObserver& observer, const PredictOptions& options)
      : model_(model),
        outputs_(outputs),
        options_(options),
        observer_(observer),
        config_(settled(config, model.card)),
        source_(input, model.card, observer),
        area_(source_.area()),
        products_(make_products(model.card, outputs, input.files, area_.height, area_.width, source_.geo())),
        folder_(work_folder(outputs)),
        image_(input.files.front()) {
    choose_tracing();
    const auto network = std::make_shared<TileNetwork>(model, config_);
    network_ = score_function(network);
    // A shard makes no outputs; another process may be at them.
    if (!options.shard) remove_abandoned(outputs);
    if (!options.shard) writer_ = std::make_unique<MapWriter>(model.card, products_, outputs);
    if (!options.join) plan_parts(*network);
    const bool stored =
        options.shard || options.join || options.resume || parts_.size() > 1 || area_.area() >= kStoredPixels;
    if (!stored) return;
    if (options.join && !fs::exists(folder_ / "plan.json"))
      throw DataError(folder_.string() + ": there is no work to join; run the shards first");
    const bool go_on = options.shard || options.join || options.resume;
    store_ = std::make_unique<RowStore>(folder_, products_,
                                        describe_work(model, input, source_, config_, products_), go_on);
  }

  PredictSummary run() {
    if (options_.join) {
      if (!is_whole(folder_, area_))
        throw DataError(folder_.string() + ": not all shards are done; run those that are missing");
    } else if (options_.shard) {
      run_parts(nullptr);
      return summary_;
    }
    const bool in_order = parts_.size() == 1;
    if (!options_.join) run_parts(in_order ? writer_.get() : nullptr);
    if (stop_requested()) throw Interrupted(image_ + ": prediction stopped; no output was changed" + kept());
    if (options_.join || !in_order) replay_blocks(*writer_);
    finish(*writer_);
    return summary_;
  }

  // Rank 0 of several processes: the others' parts, then the outputs.
  void wait_for_others() const {
    while (!is_whole(folder_, area_)) {
      if (stop_requested())
        throw Interrupted(image_ + ": stopped while waiting for other processes" + kept());
      std::this_thread::sleep_for(kPoll);
    }
  }

 private:
  // A trace costs a run of the network beside the first one's: for few pixels the network runs as it is. The
  // whole raster decides, so that its parts are made alike. Symmetries make many runs of each tile.
  void choose_tracing() {
    const TileGrid grid(source_.info().height, source_.info().width, config_.tile, config_.overlap,
                        config_.borders);
    const std::int64_t pixels = grid.rows() * grid.columns() * config_.tile * config_.tile;
    if (config_.symmetries == "none" && pixels < kPixelsWorthTracing) config_.trace = false;
  }

  void plan_parts(TileNetwork& network) {
    const Window rows = options_.shard ? rows_of_shard(area_, *options_.shard) : area_;
    if (rows.empty()) return;
    const std::int64_t pixel_bytes =
        source_.bands() * static_cast<std::int64_t>(c10::elementSize(source_.type()));
    const std::int64_t peak = network.peak_bytes(config_.batch_size);
    const MemoryNeeds needs =
        memory_needs(config_, std::ssize(model_.card.classes), peak, pixel_bytes, level_bytes());
    parts_ = strips_of(rows, strip_width(config_, needs, area_.width));
    summary_.strips = std::ssize(parts_);
  }

  // Of a pixel in all products.
  std::int64_t level_bytes() const {
    std::int64_t bytes = 0;
    for (const Product& each : products_) {
      bytes += each.layout.bands * static_cast<std::int64_t>(c10::elementSize(each.layout.type));
    }
    return bytes;
  }

  ScoreFunction score_function(const std::shared_ptr<TileNetwork>& network) const {
    if (config_.symmetries == "none") {
      return [network](const torch::Tensor& images, const torch::Tensor& valid) {
        return network->scores(images, valid);
      };
    }
    return [mean = with_symmetries(
                [network](const torch::Tensor& images, const torch::Tensor& valid) {
                  return (*network)(images, valid);
                },
                config_.symmetries)](const torch::Tensor& images, const torch::Tensor& valid) {
      return TileScores{mean(images, valid)};
    };
  }

  // With a writer: the rows of the only part go to it as they come.
  void run_parts(MapWriter* writer) {
    const LevelMaker maker(model_.card, products_, outputs_.probability_class, image_);
    TaskThread reading(1), writing(kBandsWaiting);
    for (const Window& part : parts_) {
      const std::int64_t top = store_ ? store_->marked(part_name(part), part.row) : part.row;
      if (writer) replay(*writer, top - area_.row);
      if (top >= part.bottom()) continue;
      const Window rest{top, part.column, part.bottom() - top, part.width};
      LevelRows rows(maker, rest, [&](std::int64_t row, Levels levels) {
        writing.add(
            [this, &part, row, levels = std::move(levels), writer] { take(part, row, levels, writer); });
      });
      const TileCounts tiles = blend_area(source_.pixels(), rest, std::ssize(model_.card.classes), network_,
                                          config_, rows, observer_, reading);
      summary_.tiles.run += tiles.run;
      summary_.tiles.skipped += tiles.skipped;
    }
    writing.finish();
    summary_.unreadable_blocks = source_.unreadable_blocks();
  }

  void take(const Window& part, std::int64_t row, const Levels& levels, MapWriter* writer) {
    if (store_) {
      const std::int64_t bottom = row + levels.front().size(1);
      store_->put(row - area_.row, part.column - area_.column, levels);
      store_->mark(part_name(part), bottom, bottom == part.bottom());
    }
    if (writer) writer->add(levels);
  }

  // The first `rows` rows of the map, from the store.
  void replay(MapWriter& writer, std::int64_t rows) {
    const std::int64_t step = std::max<std::int64_t>(1, kReplayedBytes / (area_.width * level_bytes()));
    for (std::int64_t row = 0; row < rows; row += step) {
      writer.add(store_->read({row, 0, std::min(step, rows - row), area_.width}));
    }
  }

  // The whole map, from the store, however wide: a few blocks of the outputs' at a time.
  void replay_blocks(MapWriter& writer) {
    const std::int64_t block = products_.front().layout.tile;
    const std::int64_t blocks = kReplayedBytes / (block * block * level_bytes());
    const std::int64_t step = std::max<std::int64_t>(1, blocks) * block;
    for (std::int64_t row = 0; row < area_.height; row += block) {
      for (std::int64_t column = 0; column < area_.width; column += step) {
        const Window piece{row, column, std::min(block, area_.height - row),
                           std::min(step, area_.width - column)};
        writer.add_blocks(column, store_->read(piece));
      }
    }
  }

  void finish(MapWriter& writer) {
    writer.finish([&](const fs::path& classes,
                      const fs::path& overlay) { draw_overlay(source_, classes, model_.card, overlay); },
                  observer_);
    if (store_) store_->remove();
    // What an earlier run of other settings left is of no more use.
    std::error_code ignored;
    if (!store_ && fs::exists(folder_ / "plan.json", ignored)) discard_work(folder_);
    summary_.pixels = writer.pixels();
    summary_.class_pixels = writer.class_pixels();
    summary_.class_areas = writer.class_areas();
  }

  std::string kept() const { return store_ ? "; --resume goes on with what was done" : ""; }

  const LoadedModel& model_;
  const PredictOutputs& outputs_;
  const PredictOptions& options_;
  ProgressObserver& observer_;
  PredictConfig config_;
  RasterSource source_;
  Window area_;
  std::vector<Product> products_;
  fs::path folder_;
  std::string image_;
  ScoreFunction network_;
  std::vector<Window> parts_;
  std::unique_ptr<MapWriter> writer_;  // none for a shard, which makes no outputs
  std::unique_ptr<RowStore> store_;
  PredictSummary summary_;
};

}  // namespace

PredictSummary predict_raster(const LoadedModel& model, const PredictInput& input,
                              const PredictOutputs& outputs, const PredictConfig& config,
                              ProgressObserver& observer, const PredictOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  if (labels_images(model.card.task)) {
    if (options.resume || options.shard || options.join)
      throw ConfigError("a map of one pixel a tile is made in one go: no --resume, --shard or --join");
    PredictSummary summary = classify_raster(model, input, outputs, settled(config, model.card), observer);
    summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return summary;
  }
  PredictSummary summary = RasterJob(model, input, outputs, config, observer, options).run();
  if (options.shard && options.wait_and_join) {
    RasterJob join(model, input, outputs, config, observer, {.resume = false, .shard = {}, .join = true});
    join.wait_for_others();
    const TileCounts tiles = summary.tiles;
    summary = join.run();
    summary.tiles = tiles;
  }
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return summary;
}

}  // namespace nadir
