// The types of maps that hand-written loops have.
#pragma once

#include <torch/types.h>

#include "models/blocks/vector_loops.h"

namespace nadir {

// Calls with a value of the type that the loops have for the map's.
template <class Job>
void with_type(const torch::Tensor& map, const Job& job) {
  if (map.scalar_type() == torch::kBFloat16) {
    job(kernel::BFloat16{});
  } else {
    job(0.0F);
  }
}

}  // namespace nadir
