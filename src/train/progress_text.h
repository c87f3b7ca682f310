// What stands beside the bar of a training epoch.
#pragma once

#include <torch/types.h>

#include <string>

#include "nadir/metrics.h"

namespace nadir {

struct TrainingPace {
  double loss = 0;
  const TaskScores* scores = nullptr;
  double seconds = 0;            // since the epoch began, or went on
  double wait_seconds = 0;       // of them, waiting for batches
  std::int64_t images = 0;       // in these seconds
  std::int64_t images_left = 0;  // of the whole training
  torch::Device device = torch::kCPU;
};
// "loss 0.1234  mIoU 0.781  512.0 images/s  wait 2%  GPU 1.2 GiB  3 min 05 s left"
std::string progress_text(const TrainingPace& pace);

}  // namespace nadir
