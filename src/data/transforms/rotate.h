// Turns samples by any angle about their centre.
#pragma once

#include "data/resampling.h"

namespace nadir {

struct RotateConfig {
  double degrees = 30;  // the angle is drawn from [-degrees, degrees]; positive is counter-clockwise as seen
  double probability = 1;  // of turning a sample at all
  Resampling resampling;
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_rotate(const RotateConfig& config);

// Turned about the middle of the sample, ((W - 1) / 2, (H - 1) / 2), and cut to the same size, as
// albumentations' Rotate: cv::getRotationMatrix2D and cv::warpAffine.
Sample rotate_by(Sample sample, double degrees, const Resampling& how);

}  // namespace nadir
