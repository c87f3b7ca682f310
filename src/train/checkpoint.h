// The state of a training run between two steps: all that is needed to go on as if it had not stopped.
// One file, state/checkpoint.safetensors, written atomically: a run can be killed at any moment.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "nadir/train.h"

namespace nadir {

struct TrainState {
  std::int64_t epoch = 0;       // finished epochs
  std::int64_t batch = 0;       // finished batches of the epoch under way
  std::int64_t step = 0;        // optimizer steps in all
  double loss_sum = 0;          // of the epoch under way, weighted by images
  std::int64_t images = 0;      // of the epoch under way
  double epoch_seconds = 0;     // spent on the epoch under way, before a stop
  double wait_seconds = 0;      // of them, waiting for batches
  std::vector<double> scores;   // of the epoch under way: the state of its TaskScores
  std::int64_t best_epoch = 0;  // 0: none yet
  double best_score = 0;
  std::vector<double> schedule;  // the schedule's own state
  bool finished = false;
  bool stopped_early = false;
  std::vector<EpochRecord> epochs;
};

struct Checkpoint {
  TrainState state;
  NamedTensors model;
  NamedTensors optimizer;
  NamedTensors loss_scale;                        // empty but for fp16
  std::map<std::string, NamedTensors> callbacks;  // by the callbacks' names
  std::string card;                               // JSON
  std::string recipe;                             // resolved YAML
};

std::filesystem::path checkpoint_file(const RunFolder& run);
void write_checkpoint(const RunFolder& run, const Checkpoint& checkpoint);
// Throws ModelError naming the file when it is damaged or not of this form.
Checkpoint read_checkpoint(const RunFolder& run);

}  // namespace nadir
