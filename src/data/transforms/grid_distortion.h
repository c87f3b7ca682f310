// Stretches and squeezes the rows and columns of a grid.
#pragma once

#include "data/resampling.h"

namespace nadir {

// The sample is divided into `steps` segments along each side (and what is left over); each becomes longer or
// shorter by a factor 1 + u, u drawn from [-limit, limit], and the factors are scaled so that the last pixel
// stays in the sample.
struct GridDistortionConfig {
  std::int64_t steps = 5;
  double limit = 0.3;
  // continuous: the segments join, and factors of 1 change nothing. albumentations: its 1.4 and 2.0, where
  // each segment repeats the last position of the one before
  std::string flavour = "continuous";
  double probability = 0.5;  // of changing a sample at all
  Resampling resampling;
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_grid_distortion(const GridDistortionConfig& config);

// Old positions of the `size` pixels along a side, by the factors of its segments (steps + 1 of them: the
// last is of what is left over).
std::vector<float> grid_positions(std::int64_t size, std::vector<double> factors, const std::string& flavour);
Sample distort_grid(Sample sample, const std::vector<float>& columns, const std::vector<float>& rows,
                    const Resampling& how);

}  // namespace nadir
