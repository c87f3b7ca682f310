// Top-k accuracy: how many images have their true class among the k most likely ones.
#pragma once

#include "nadir/metrics.h"

namespace nadir {

// top_K_accuracy: NaN when nothing was added. A class is among the k when fewer than k have larger logits.
struct TopKConfig {
  std::int64_t k = 5;  // at least 1; from the number of classes on the score is 1
  void fields(FieldVisitor& visit) { visit.field("k", k, at_least(1)); }
};
// Throws ConfigError unless the task is `classification`.
std::unique_ptr<Metric> make_top_k(const TopKConfig& config, const MetricContext& context);

}  // namespace nadir
