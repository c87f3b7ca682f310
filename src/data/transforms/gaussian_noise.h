// Adds noise, as sensors do.
#pragma once

#include "nadir/data.h"

namespace nadir {

// x' = x + n of each value by itself, n normal with mean 0 and a standard deviation that is drawn once a
// sample from [0, std] times the span of the band's range; rounded and clamped to the pixel type.
struct GaussianNoiseConfig {
  double std = 0.02;          // largest standard deviation, share of the range
  std::vector<double> range;  // low and high; none: 0 and 255 for 8 bit, else the sample's own of each band
  double probability = 0.5;   // of changing a sample at all
  void fields(FieldVisitor& visit);
  void validate() const;
};
std::unique_ptr<Transform> make_gaussian_noise(const GaussianNoiseConfig& config);

}  // namespace nadir
