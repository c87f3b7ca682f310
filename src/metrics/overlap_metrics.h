// Overlap as the studies and the clouds competition print it, as columns beside the standard scores.
#pragma once

#include "nadir/metrics.h"

namespace nadir {

// soft_dice and soft_iou: SoftOverlap of the probabilities.
struct SoftOverlapConfig {
  double smooth = 1e-6;  // at least 0
  void fields(FieldVisitor& visit) { visit.field("smooth", smooth, at_least(0)); }
};
std::unique_ptr<Metric> make_soft_overlap(const SoftOverlapConfig& config, const MetricContext& context);

struct NoMetricOptions {
  void fields(FieldVisitor&) {}
};
// study000.dice: of probabilities rounded to 0 and 1, smooth 1. study002.dice and .iou: soft, smooth 1e-6.
// study004.dice and .iou: soft, smooth 1.
std::unique_ptr<Metric> make_study000_overlap(const NoMetricOptions&, const MetricContext& context);
std::unique_ptr<Metric> make_study002_overlap(const NoMetricOptions&, const MetricContext& context);
std::unique_ptr<Metric> make_study004_overlap(const NoMetricOptions&, const MetricContext& context);
// study003.accuracy, .mean_iou, .mean_dice: Study003Scores of the whole part.
std::unique_ptr<Metric> make_study003_scores(const NoMetricOptions&, const MetricContext& context);
// competition_dice: CompetitionDice of the thresholded masks. Multilabel only.
std::unique_ptr<Metric> make_competition_dice(const NoMetricOptions&, const MetricContext& context);

}  // namespace nadir
