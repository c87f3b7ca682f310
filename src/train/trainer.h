// One training run: the loop of train() and what it holds. What is not a step or an epoch is a callback.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "nadir/train.h"
#include "train/callback.h"
#include "train/checkpoint.h"
#include "train/checkpoint_interval.h"
#include "train/determinism.h"
#include "train/grad_scaler.h"
#include "train/monitor.h"
#include "train/objective.h"
#include "train/run_log.h"

namespace nadir {

class Trainer {
 public:
  Trainer(const Recipe& recipe, const RunFolder& folder, ProgressObserver& observer);
  TrainResult run(bool resume);

 private:
  void begin();
  void restore(const Checkpoint& checkpoint);
  void build(bool resumed);
  void train_epoch();
  void train_step(Batch batch);
  double train_batch(const Batch& batch, std::int64_t part, std::int64_t parts, double lr);
  void report_progress();
  EpochRecord score_epoch();
  void finish_epoch();
  void begin_next_epoch();
  void save_last();
  void save_checkpoint();
  [[noreturn]] void save_and_stop();
  double learning_rate(std::int64_t batch) const;  // of a batch of the epoch under way
  double epoch_seconds() const;
  double wait_seconds() const;

  Recipe recipe_;
  RunLog log_;
  TrainingRun run_;
  DeterminismGuard determinism_;
  std::unique_ptr<Objective> objective_;
  Monitor monitor_;
  std::unique_ptr<Schedule> schedule_;
  GradScaler scaler_;
  CheckpointClock clock_;
  std::vector<std::unique_ptr<Callback>> callbacks_;
  std::unique_ptr<Loader> loader_;
  std::chrono::steady_clock::time_point epoch_start_;
  std::int64_t images_since_start_ = 0;
};

}  // namespace nadir
