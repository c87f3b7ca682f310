// Cuts a part out of a sample and enlarges it to the sample's size again.
#pragma once

#include "nadir/data.h"

namespace nadir {

// Szegedy et al. 2015, as torchvision draws it: ten tries for a rectangle inside the sample whose area is a
// share drawn from `area` and whose ratio of width to height is drawn log-uniformly from `ratio`; then the
// largest one of the nearest ratio in the middle.
struct RandomResizedCropConfig {
  std::vector<double> area = {0.25, 1.0};       // smallest and largest share of the sample's area
  std::vector<double> ratio = {0.75, 4 / 3.0};  // narrowest and widest width / height
  std::int64_t size = 0;                   // side of the result, pixels; 0: the sample's height and width
  std::string interpolation = "bilinear";  // of the image: nearest, bilinear, cubic, area, lanczos4
  double probability = 1;                  // of cutting at all; without, the whole is resized
  void fields(FieldVisitor& visit);
  void validate() const;
};
std::unique_ptr<Transform> make_random_resized_crop(const RandomResizedCropConfig& config);

}  // namespace nadir
