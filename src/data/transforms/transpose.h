// Swaps rows and columns.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct TransposeConfig {
  double probability = 0.5;
  void fields(FieldVisitor& visit);
};
// Samples that are not square stay as they are.
std::unique_ptr<Transform> make_transpose(const TransposeConfig& config);

}  // namespace nadir
