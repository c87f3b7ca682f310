// Makes images lighter or darker, flatter or steeper, as light and haze do.
#pragma once

#include "nadir/data.h"

namespace nadir {

// With b and c drawn once a sample from [-limit, limit], and the result rounded and clamped to the range of
// the pixel type:
//   relative: of each band, with m its mean over the sample's valid pixels, x' = (x - m) (1 + c) + m (1 + b).
//             It means the same for 8-bit pictures and 16-bit reflectances
//   range:    x' = x (1 + c) + b h, h the upper end of the range; as albumentations computes it, whose
//             results are clamped to the range and, for 8 bit, cut off instead of rounded (its documentation
//             subtracts the mean, its code does not)
struct BrightnessContrastConfig {
  double limit = 0.2;                // largest relative change, 0..1
  double probability = 1.0;          // of changing a sample at all
  std::string flavour = "relative";  // relative, range
  std::vector<double> range;         // low and high end for `flavour: range`; none: as value_ranges() has it
  void fields(FieldVisitor& visit);
  void validate() const;
};
std::unique_ptr<Transform> make_brightness_contrast(const BrightnessContrastConfig& config);

struct LightChange {
  double brightness = 0, contrast = 0;
};
Sample change_light(Sample sample, const LightChange& change, const BrightnessContrastConfig& config);

}  // namespace nadir
