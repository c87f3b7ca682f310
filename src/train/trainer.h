// One training run: the loop of train() and what it holds.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "nadir/loss.h"
#include "nadir/train.h"
#include "train/checkpoint.h"
#include "train/run_log.h"

namespace nadir {

class Trainer {
 public:
  Trainer(const Recipe& recipe, const RunFolder& run, ProgressObserver& observer);
  TrainResult run(bool resume);

 private:
  void begin();
  void restore(const Checkpoint& checkpoint);
  void build(const Component& model, const Normalization& normalization, torch::ScalarType pixel_type);
  void train_epoch();
  void train_batch(const Batch& batch);
  torch::Tensor forward_loss(const Batch& batch);
  void refuse_bad_loss(double loss, double lr, const Batch& batch) const;
  void report_progress(std::int64_t batches);
  EpochRecord evaluate_epoch();
  void finish_epoch();
  void begin_next_epoch();
  double monitored(const EpochRecord& record) const;
  bool better(double score) const;
  void save();
  [[noreturn]] void save_and_stop();
  double learning_rate(std::int64_t batch) const;  // of a batch of the epoch under way
  double epoch_seconds() const;

  Recipe recipe_;
  RunFolder run_;
  RunLog log_;
  torch::Device device_;
  PreparedData data_;
  TotalLoss loss_;
  std::unique_ptr<Schedule> schedule_;
  std::shared_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<Normalizer> normalizer_;
  std::unique_ptr<Loader> loader_;
  ModelCard card_;
  TrainState state_;
  std::chrono::steady_clock::time_point epoch_start_;
  std::int64_t images_since_start_ = 0;
};

}  // namespace nadir
