#include <torch/torch.h>
#include <exception>
#include <future>
#include <mutex>

#include "nadir/predict.h"
#include "predict/batch_tiles.h"
#include "predict/blend_accumulator.h"
#include "predict/blend_area.h"
#include "predict/bounded_queue.h"
#include "predict/task_thread.h"
#include "predict/tile_reader.h"

namespace nadir {
namespace {

// Reader thread -> the caller's thread, which runs the network and blends what it gave. The reader uses no
// torch operation that would wake torch's thread pool: it belongs to the network. Blending has the pool in
// its turn: on a thread of its own it would hold one of the network's processors, and every step waits for
// the slowest. A network on another device works on the next batch meanwhile.
class Pipeline {
 public:
  Pipeline(const PixelSource& source, const Window& area, std::int64_t classes, const ScoreFunction& network,
           const PredictConfig& config, BlendSink& sink, ProgressObserver& observer)
      : classes_(classes),
        tile_(config.tile),
        network_(network),
        observer_(observer),
        grid_(source.height, source.width, config.tile, config.overlap, config.borders),
        reader_(source, grid_, area, batch_tiles(config)),
        blender_(grid_, area, classes, blend_window(config.window, config.tile), sink) {}

  TileCounts run(TaskThread& reading) {
    std::promise<void> read_all;
    reading.add([&] {
      guard([this] { read(); });
      read_all.set_value();
    });
    guard([this] { infer(); });
    read_all.get_future().wait();
    if (error_) std::rethrow_exception(error_);
    return counts_;
  }

 private:
  // Runs a stage; the first error of any ends both.
  template <class Stage>
  void guard(const Stage& stage) {
    try {
      stage();
    } catch (...) {
      {
        const std::lock_guard lock(error_mutex_);
        if (!error_) error_ = std::current_exception();
      }
      read_.cancel();
    }
  }

  void read() {
    while (std::optional<TileBatch> batch = reader_.next()) {
      if (!read_.push(std::move(*batch))) return;
    }
    read_.close();
  }

  void infer() {
    std::optional<Pending> pending;
    while (std::optional<TileBatch> batch = read_.pop()) {
      if (stop_requested()) {
        throw Interrupted("prediction stopped after " + std::to_string(counts_.run + counts_.skipped) +
                          " of " + std::to_string(reader_.tiles()) + " tiles");
      }
      TileScores scores = run_network(*batch);
      if (pending) blend(*pending);
      pending.emplace(std::move(*batch), std::move(scores));
      if (pending->second.arrival) continue;
      blend(*pending);
      pending.reset();
    }
    if (pending) blend(*pending);
  }

  TileScores run_network(const TileBatch& batch) const {
    if (batch.tiles.empty()) return {};
    TileScores scores = network_(batch.images, batch.valid);
    const std::vector<std::int64_t> shape{std::ssize(batch.tiles), classes_, tile_, tile_};
    const at::IntArrayRef expected(shape);
    const torch::Tensor& values = scores.values;
    if (values.sizes() != expected || values.scalar_type() != torch::kFloat32 || !values.is_cpu()) {
      throw ModelError("the network gave " + values.toString() + " " + c10::str(values.sizes()) +
                       " for a batch of tiles; expected CPUFloatType " + c10::str(expected));
    }
    return scores;
  }

  using Pending = std::pair<TileBatch, TileScores>;
  void blend(const Pending& pending) {
    const auto& [batch, scores] = pending;
    if (scores.arrival) scores.arrival->synchronize();
    for (std::size_t i = 0; i < batch.tiles.size(); ++i) {
      blender_.add(batch.tiles[i], scores.values[static_cast<std::int64_t>(i)], scores.activation);
    }
    if (batch.ends_row) blender_.end_tiles(batch.kept);
    counts_.run += std::ssize(batch.tiles);
    counts_.skipped += batch.skipped;
    observer_.progress(
        {.stage = "predict", .done = counts_.run + counts_.skipped, .total = reader_.tiles(), .text = ""});
  }

  std::int64_t classes_, tile_;
  const ScoreFunction& network_;
  ProgressObserver& observer_;
  TileGrid grid_;
  TileReader reader_;  // of the reader thread
  BlendAccumulator blender_;
  BoundedQueue<TileBatch> read_{static_cast<std::size_t>(kBatchesRead)};
  TileCounts counts_;
  std::mutex error_mutex_;
  std::exception_ptr error_;
};

// Puts the pieces together to whole rows.
class WholeRows : public BlendSink {
 public:
  WholeRows(const Window& area, std::int64_t classes, const RowSink& sink)
      : area_(area), classes_(classes), sink_(sink) {}

  void begin_rows(std::int64_t first, std::int64_t bottom) override {
    first_ = first;
    const std::int64_t height = bottom - first;
    if (!rows_.defined() || rows_.size(1) < height) rows_ = torch::empty({classes_, height, area_.width});
    finished_ = rows_.narrow(1, 0, height);
  }

  void take(const RowPiece& piece) override {
    float* to = rows_.data_ptr<float>() + (piece.row - first_) * area_.width + piece.column - area_.column;
    for (std::int64_t k = 0; k < classes_; ++k) {
      std::copy_n(piece.values + static_cast<std::size_t>(k) * piece.stride, piece.count, to);
      to += rows_.size(1) * area_.width;
    }
  }

  void end_rows(const torch::Tensor& kept) override {
    if (finished_.size(1) > 0) sink_(first_, finished_, kept);
  }

 private:
  Window area_;
  std::int64_t classes_;
  const RowSink& sink_;
  std::int64_t first_ = 0;
  torch::Tensor rows_;      // [K, as many as there were at most, W]
  torch::Tensor finished_;  // of them
};

}  // namespace

TileCounts blend_area(const PixelSource& source, const Window& area, std::int64_t classes,
                      const ScoreFunction& network, const PredictConfig& config, BlendSink& sink,
                      ProgressObserver& observer, TaskThread& reading) {
  if (config.batch_size < 0) {
    throw ConfigError("batch_size is " + std::to_string(config.batch_size) + "; it must be at least 0 tiles");
  }
  if (area.empty() || !Window{0, 0, source.height, source.width}.contains(area)) {
    throw ConfigError("the area of " + to_string(area) + " does not lie in the raster of " +
                      std::to_string(source.height) + " x " + std::to_string(source.width) + " pixels");
  }
  return Pipeline(source, area, classes, network, config, sink, observer).run(reading);
}

TileCounts predict_area(const PixelSource& source, const Window& area, std::int64_t classes,
                        const TileFunction& network, const PredictConfig& config, const RowSink& sink,
                        ProgressObserver& observer) {
  WholeRows rows(area, classes, sink);
  const ScoreFunction scores = [&](const torch::Tensor& images, const torch::Tensor& valid) {
    return TileScores{network(images, valid)};
  };
  TaskThread reading(1);
  return blend_area(source, area, classes, scores, config, rows, observer, reading);
}

TileCounts predict_rows(const PixelSource& source, std::int64_t classes, const TileFunction& network,
                        const PredictConfig& config, const RowSink& sink, ProgressObserver& observer) {
  return predict_area(source, {0, 0, source.height, source.width}, classes, network, config, sink, observer);
}

}  // namespace nadir
