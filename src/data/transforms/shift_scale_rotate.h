// Moves, enlarges and turns samples in one step.
#pragma once

#include "data/resampling.h"

namespace nadir {

struct ShiftScaleRotateConfig {
  double shift = 0.0625;  // largest move along each axis, share of the side
  double scale = 0.1;     // the factor is drawn from [1 - scale, 1 + scale]; above 1 enlarges
  double degrees = 45;  // the angle is drawn from [-degrees, degrees]; positive is counter-clockwise as seen
  double probability = 1;  // of changing a sample at all
  Resampling resampling;
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_shift_scale_rotate(const ShiftScaleRotateConfig& config);

struct ShiftScaleRotation {
  double columns = 0, rows = 0;  // to the right and down, share of width and height
  double factor = 1;
  double degrees = 0;
};
// About the middle of the sample, then moved; as albumentations' ShiftScaleRotate, by one cv::warpAffine.
Sample shift_scale_rotate_by(Sample sample, const ShiftScaleRotation& change, const Resampling& how);

}  // namespace nadir
