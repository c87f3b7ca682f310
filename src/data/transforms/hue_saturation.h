// Turns the hue of colour pictures, and makes them greyer or more colourful, darker or lighter.
#pragma once

#include "nadir/data.h"

namespace nadir {

// In the HSV cone (Smith 1978) of each pixel, with V its largest and S = 1 - smallest / largest band:
//   H' = H + d degrees, S' = min(1, S (1 + s)), V' = V (1 + v)
// with d, s and v drawn once a sample. Ratios alone, so that it means the same for every pixel type; pixels
// with a band below 0 stay. Bands are red, green and blue: any other count is a ConfigError.
struct HueSaturationConfig {
  double hue = 20;          // largest turn, degrees
  double saturation = 0.2;  // largest relative change
  double value = 0.2;       // largest relative change
  double probability = 1;   // of changing a sample at all
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_hue_saturation(const HueSaturationConfig& config);

}  // namespace nadir
