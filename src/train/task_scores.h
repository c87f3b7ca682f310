// The scores that a recipe asks for.
#pragma once

#include "nadir/train.h"

namespace nadir {

inline TaskScores task_scores(const LabelSpec& labels, const TrainConfig& config) {
  return {{labels.task, class_names(labels.classes), config.thresholds}, config.metrics};
}

}  // namespace nadir
