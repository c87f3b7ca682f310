// Blurs images, as a lens out of focus does.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct GaussianBlurConfig {
  double sigma = 1.5;        // the standard deviation is drawn from [0.1, sigma], pixels
  double probability = 0.5;  // of changing a sample at all
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_gaussian_blur(const GaussianBlurConfig& config);

// cv::GaussianBlur of each band in float32, mirrored at the borders (reflect_101). Pixels that are not valid
// have no part in it: both the values and the weights of the valid ones are blurred, and divided (Knutsson
// and Westin 1993).
Sample blur(Sample sample, double sigma);

}  // namespace nadir
