// Confusion matrices from their counts.
#pragma once

#include <torch/types.h>

#include <vector>

#include "nadir/metrics.h"

namespace nadir {

// `counts`: a row per true class, a column per predicted one.
inline ConfusionMatrix matrix_of(const std::vector<std::vector<std::int64_t>>& counts) {
  ConfusionMatrix matrix(static_cast<std::int64_t>(counts.size()));
  for (std::size_t truth = 0; truth < counts.size(); ++truth) {
    for (std::size_t prediction = 0; prediction < counts.size(); ++prediction) {
      const auto filled = [&](std::size_t value) {
        return at::full({counts[truth][prediction]}, static_cast<std::int64_t>(value), at::kLong);
      };
      matrix.add(filled(truth), filled(prediction));
    }
  }
  return matrix;
}

}  // namespace nadir
