// The types of maps, and whether loops of our own may run on them.
#pragma once

#include <ATen/TracerMode.h>
#include <ATen/autocast_mode.h>
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

// Loops of our own do not: a trace sees torch's operations alone.
inline bool is_traced() { return at::tracer::impl::is_dispatch_enabled(); }

// What autocast would make of the map before a convolution.
inline torch::ScalarType autocast_type(const torch::Tensor& x) {
  const bool lowers = x.scalar_type() == torch::kFloat32 && at::autocast::is_autocast_enabled(at::kCPU);
  return lowers ? at::autocast::get_autocast_dtype(at::kCPU) : x.scalar_type();
}

// In the other's type. A conversion to the type that a map has already would be traced.
inline torch::Tensor in_type_of(const torch::Tensor& other, const torch::Tensor& x) {
  return x.scalar_type() == other.scalar_type() ? x : x.to(other.scalar_type());
}

}  // namespace nadir
