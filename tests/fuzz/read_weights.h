// Reads every tensor of a file of weights, as a conversion does.
#pragma once

#include "weights/weight_file.h"

namespace nadir {

inline void read_all_weights(const std::filesystem::path& file) {
  for (const WeightGroup& group : open_weights(file).groups) {
    for (const WeightEntry& each : group.entries) {
      if (c10::isComplexType(each.type)) continue;
      each.read().contiguous();
    }
  }
}

}  // namespace nadir
