#include "metrics/boundary_f1.h"
#include "metrics/overlap_metrics.h"
#include "metrics/rank_curves.h"
#include "metrics/top_k.h"

namespace nadir {

const MetricRegistry& metrics() {
  using R = MetricRegistry;
  static const R registry(
      "metric",
      {
          R::item("boundary_f1", "how well outlines agree within a tolerance", make_boundary_f1),
          R::item("rank_curves", "areas under precision-recall and ROC curves, per class", make_rank_curves),
          R::item("top_k", "share of images whose class is among the k most likely", make_top_k),
          R::item("soft_overlap", "Dice and IoU of probabilities, one sum per batch", make_soft_overlap),
          R::item("competition_dice", "the clouds competition's: per image and class", make_competition_dice),
          R::item("study000.overlap", "Dice of study 000: rounded masks", make_study000_overlap),
          R::item("study002.overlap", "Dice and IoU of study 002: soft, smooth 1e-6", make_study002_overlap),
          R::item("study003.scores", "study 003's accuracy, IoU and Dice", make_study003_scores),
          R::item("study004.overlap", "Dice and IoU of study 004: soft, smooth 1", make_study004_overlap),
      });
  return registry;
}

}  // namespace nadir
