#include <torch/torch.h>
#include <exception>
#include <mutex>
#include <thread>

#include "nadir/predict.h"
#include "predict/batch_tiles.h"
#include "predict/blend_accumulator.h"
#include "predict/bounded_queue.h"
#include "predict/tile_reader.h"

namespace nadir {
namespace {

constexpr std::size_t kBatchesRead = 2;  // waiting for the network

// Reader thread -> the caller's thread, which runs the network and blends what it gave. The reader uses no
// torch operation that would wake torch's thread pool: it belongs to the network. Blending has the pool in
// its turn: on a thread of its own it would hold one of the network's processors, and every step waits for
// the slowest.
class Pipeline {
 public:
  Pipeline(const PixelSource& source, const Window& area, std::int64_t classes, const TileFunction& network,
           const PredictConfig& config, const RowSink& sink, ProgressObserver& observer)
      : classes_(classes),
        tile_(config.tile),
        network_(network),
        sink_(sink),
        observer_(observer),
        grid_(source.height, source.width, config.tile, config.overlap, config.borders),
        reader_(source, grid_, area, batch_tiles(config)),
        blender_(area, classes, blend_window(config.window, config.tile), grid_.step(),
                 grid_.window(0, 0).row) {}

  TileCounts run() {
    std::thread reader([this] { guard([this] { read(); }); });
    guard([this] { infer(); });
    reader.join();
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
    const std::int64_t total = reader_.tiles();
    std::int64_t done = 0;
    while (std::optional<TileBatch> batch = read_.pop()) {
      if (stop_requested()) {
        throw Interrupted("prediction stopped after " + std::to_string(done) + " of " +
                          std::to_string(total) + " tiles");
      }
      counts_.run += std::ssize(batch->tiles);
      counts_.skipped += batch->skipped;
      done = counts_.run + counts_.skipped;
      blend(*batch, run_network(*batch));
      observer_.progress({.stage = "predict", .done = done, .total = total, .text = ""});
    }
  }

  torch::Tensor run_network(const TileBatch& batch) const {
    if (batch.tiles.empty()) return {};
    torch::Tensor probabilities = network_(batch.images, batch.valid);
    const std::vector<std::int64_t> shape{std::ssize(batch.tiles), classes_, tile_, tile_};
    const at::IntArrayRef expected(shape);
    if (probabilities.sizes() != expected || probabilities.scalar_type() != torch::kFloat32 ||
        !probabilities.is_cpu()) {
      throw ModelError("the network gave " + probabilities.toString() + " " +
                       c10::str(probabilities.sizes()) + " for a batch of tiles; expected CPUFloatType " +
                       c10::str(expected));
    }
    return probabilities.contiguous();
  }

  void blend(const TileBatch& batch, const torch::Tensor& probabilities) {
    for (std::size_t i = 0; i < batch.tiles.size(); ++i) {
      blender_.add(batch.tiles[i], probabilities[static_cast<std::int64_t>(i)]);
    }
    for (const FinishedRows& rows : batch.finished) {
      const std::int64_t first = blender_.next_row();
      sink_(first, blender_.finish_rows(rows.bottom), rows.kept);
    }
  }

  std::int64_t classes_, tile_;
  const TileFunction& network_;
  const RowSink& sink_;
  ProgressObserver& observer_;
  TileGrid grid_;
  TileReader reader_;  // of the reader thread
  BlendAccumulator blender_;
  BoundedQueue<TileBatch> read_{kBatchesRead};
  TileCounts counts_;
  std::mutex error_mutex_;
  std::exception_ptr error_;
};

}  // namespace

TileCounts predict_area(const PixelSource& source, const Window& area, std::int64_t classes,
                        const TileFunction& network, const PredictConfig& config, const RowSink& sink,
                        ProgressObserver& observer) {
  if (config.batch_size < 0) {
    throw ConfigError("batch_size is " + std::to_string(config.batch_size) + "; it must be at least 0 tiles");
  }
  if (area.empty() || !Window{0, 0, source.height, source.width}.contains(area)) {
    throw ConfigError("the area of " + to_string(area) + " does not lie in the raster of " +
                      std::to_string(source.height) + " x " + std::to_string(source.width) + " pixels");
  }
  return Pipeline(source, area, classes, network, config, sink, observer).run();
}

TileCounts predict_rows(const PixelSource& source, std::int64_t classes, const TileFunction& network,
                        const PredictConfig& config, const RowSink& sink, ProgressObserver& observer) {
  return predict_area(source, {0, 0, source.height, source.width}, classes, network, config, sink, observer);
}

}  // namespace nadir
