// Mirrors samples left to right and top to bottom.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct FlipConfig {
  double horizontal = 0.5;  // probability of left to right
  double vertical = 0.5;    // probability of top to bottom; 0 for pictures that have an up
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_flip(const FlipConfig& config);

}  // namespace nadir
