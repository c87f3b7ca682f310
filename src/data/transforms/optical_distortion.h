// Bends samples as a lens does, to a barrel or a cushion.
#pragma once

#include "data/resampling.h"

namespace nadir {

// Brown's radial model: with x and y from the middle in shares of width and height and r2 = x^2 + y^2, the
// new pixel at (x, y) is the old one at f (x, y), f = 1 + k r2 + k r2^2; k is drawn from [-limit, limit].
struct OpticalDistortionConfig {
  double limit = 0.3;
  // centred: about the middle of the sample, and k = 0 changes nothing. albumentations: its 1.4, whose two
  // middles differ by half a pixel
  std::string flavour = "centred";
  double probability = 0.5;  // of changing a sample at all
  Resampling resampling;
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_optical_distortion(const OpticalDistortionConfig& config);

Sample distort_radially(Sample sample, double k, const OpticalDistortionConfig& config);

}  // namespace nadir
