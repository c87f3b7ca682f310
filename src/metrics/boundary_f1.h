// Boundary F1 (Csurka et al. 2013, "What is a good evaluation measure for semantic segmentation?"): how many
// pixels of predicted and true outlines lie within a tolerance of each other.
//   precision = predicted outline pixels near a true one / predicted outline pixels; recall the other way
// round
// An outline is a class's pixels that have a 4-neighbour of another class; pixels beside the image's edge or
// beside ignored pixels are none for that alone. Sums run over all images before the division.
#pragma once

#include "nadir/metrics.h"

namespace nadir {

// boundary_f1/CLASS (NaN without outlines in truth and prediction), and mean_boundary_f1 over the defined
// ones.
struct BoundaryF1Config {
  std::int64_t tolerance = 2;  // pixels, Euclidean, 0 to 64
  void fields(FieldVisitor& visit) { visit.field("tolerance", tolerance, between(0, 64)); }
};
std::unique_ptr<Metric> make_boundary_f1(const BoundaryF1Config& config, const MetricContext& context);

}  // namespace nadir
