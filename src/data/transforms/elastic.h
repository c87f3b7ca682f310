// Bends samples like rubber (Simard et al. 2003).
#pragma once

#include "data/resampling.h"

namespace nadir {

// Each pixel is taken from (x + dx, y + dy): dx and dy are noise, uniform in [-1, 1], blurred by a Gaussian
// of `sigma` pixels, times `alpha`. A displacement's standard deviation is about 0.16 alpha / sigma pixels.
struct ElasticConfig {
  double alpha = 60;
  double sigma = 6;
  double probability = 0.5;  // of changing a sample at all
  Resampling resampling;
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_elastic(const ElasticConfig& config);

}  // namespace nadir
