// One of several transforms, drawn anew for each sample.
#pragma once

#include "nadir/data.h"

namespace nadir {

// Each is as likely as the others; what it draws besides (its own probability too) is its own affair.
struct OneOfConfig {
  std::vector<Component> of;
  double probability = 1;  // of applying one at all
  void fields(FieldVisitor& visit);
};
// Throws ConfigError when there is none to choose from.
std::unique_ptr<Transform> make_one_of(const OneOfConfig& config);

}  // namespace nadir
