// Turns samples by quarters.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct Rotate90Config {
  double probability = 1;  // of drawing one of the four turns (0, 90, 180, 270 degrees), each alike
  void fields(FieldVisitor& visit);
};
// Samples that are not square keep their shape: they are turned by 0 or 180 degrees.
std::unique_ptr<Transform> make_rotate90(const Rotate90Config& config);

}  // namespace nadir
