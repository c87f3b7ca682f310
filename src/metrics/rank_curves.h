// Precision-recall and ROC areas of each class on its own, from binned probabilities.
#pragma once

#include "nadir/metrics.h"

namespace nadir {

// pr_auc/CLASS (trapezoids), average_precision/CLASS, roc_auc/CLASS, and the mean of each over the classes
// for which it is defined.
struct RankCurvesConfig {
  std::int64_t bins = 1000;  // of the probability, 2 to 1000000
  void fields(FieldVisitor& visit) { visit.field("bins", bins, between(2, 1e6)); }
};
std::unique_ptr<Metric> make_rank_curves(const RankCurvesConfig& config, const MetricContext& context);

}  // namespace nadir
