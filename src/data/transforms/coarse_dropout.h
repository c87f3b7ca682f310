// Covers rectangles of the image (DeVries and Taylor 2017, Cutout), so that a network looks around them.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct CoarseDropoutConfig {
  std::int64_t holes = 8;  // 1 to so many a sample, each number alike
  double smallest = 0.05;  // sides of a hole, drawn for height and width apart, share of the sample's side
  double largest = 0.15;
  std::string target = "keep";  // keep: what is covered has still to be predicted; ignore: it does not count
  double probability = 0.5;     // of changing a sample at all
  void fields(FieldVisitor& visit);
  void validate() const;
};
// Holes lie inside the sample and may overlap. They hold each band's mean over the sample's valid pixels.
std::unique_ptr<Transform> make_coarse_dropout(const CoarseDropoutConfig& config);

}  // namespace nadir
