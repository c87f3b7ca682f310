#include "nadir/predict.h"

namespace nadir {

void PredictConfig::fields(FieldVisitor& visit) {
  visit.field("tile", tile, at_least(0));
  visit.field("overlap", overlap, between(0, 0.75));
  visit.field("window", window, {"none", "linear", "hann", "spline"});
  visit.field("borders", borders, {"fit", "mirror"});
  visit.field("batch_size", batch_size, at_least(0));
  visit.field("symmetries", symmetries, {"none", "flips", "all"});
  visit.field("precision", precision, {"fp32", "bf16"});
  visit.field("device", device);
  visit.field("trace", trace);
  visit.field("memory", memory, at_least(1));
  visit.field("strip", strip, at_least(0));
  visit.path("gate", gate);
  visit.field("gate_thresholds", gate_thresholds, between(0, 1));
}

}  // namespace nadir
