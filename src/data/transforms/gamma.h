// Bends the scale of brightness.
#pragma once

#include "nadir/data.h"

namespace nadir {

// x' = low + (high - low) ((x - low) / (high - low))^g of each band, with g drawn log-uniformly from
// [1 / (1 + limit), 1 + limit] once a sample: darker and lighter are as likely. Values at or below low stay.
struct GammaConfig {
  double limit = 0.25;
  std::vector<double> range;  // low and high; none: 0 and 255 for 8 bit, else the sample's own of each band
  double probability = 1;     // of changing a sample at all
  void fields(FieldVisitor& visit);
  void validate() const;
};
std::unique_ptr<Transform> make_gamma(const GammaConfig& config);

}  // namespace nadir
