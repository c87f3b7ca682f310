// Makes images lighter or darker, flatter or steeper, as light and haze do.
#pragma once

#include "nadir/data.h"

namespace nadir {

// Of each band, with m its mean over the sample's valid pixels, and b and c drawn once a sample from [-limit,
// limit]:
//   x' = (x - m) * (1 + c) + m * (1 + b), rounded and clamped to the range of the pixel type.
// Relative to the band's mean, so that it means the same for 8-bit pictures and 16-bit reflectances.
struct BrightnessContrastConfig {
  double limit = 0.2;        // largest relative change, 0..1
  double probability = 1.0;  // of changing a sample at all
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_brightness_contrast(const BrightnessContrastConfig& config);

}  // namespace nadir
