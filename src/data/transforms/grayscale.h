// Takes the colour out of pictures, as the cloud studies see them.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct GrayscaleConfig {
  double probability = 0.5;  // of changing a sample; 1 for a network that is to see no colour
  void fields(FieldVisitor& visit);
};
// All three bands become the luma Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), in whole numbers as OpenCV
// rounds it: (9798 R + 19235 G + 3735 B + 2^14) >> 15. The band count stays, so that grey and coloured
// samples go into one batch. Any other count than three is a ConfigError.
std::unique_ptr<Transform> make_grayscale(const GrayscaleConfig& config);

}  // namespace nadir
