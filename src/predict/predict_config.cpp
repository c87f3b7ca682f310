#include "nadir/predict.h"

namespace nadir {

void PredictConfig::fields(FieldVisitor& visit) {
  visit.field("tile", tile, at_least(0));
  visit.field("overlap", overlap, between(0, 0.75));
  visit.field("window", window, {"none", "linear", "hann", "spline"});
  visit.field("batch_size", batch_size, at_least(1));
  visit.field("precision", precision, {"fp32", "bf16"});
  visit.field("device", device);
  visit.field("bands", bands, at_least(1));
}

}  // namespace nadir
