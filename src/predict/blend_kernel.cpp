#include "predict/blend_kernel.h"

#include "predict/vector_clones.h"

namespace nadir::kernel {
namespace {

NADIR_VECTOR_CLONES void add_weights_loop(float down, const float* __restrict across, float* __restrict total,
                                          float* __restrict share, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float weight = down * across[i];
    total[i] += weight;
    share[i] = weight / total[i];
  }
}

NADIR_VECTOR_CLONES void blend_values_loop(const float* __restrict share, const float* __restrict values,
                                           float* __restrict mean, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float moved = mean[i] + (values[i] - mean[i]) * share[i];
    mean[i] = share[i] == 1.0F ? values[i] : moved;
  }
}

}  // namespace

void add_weights(float down, const float* across, float* total, float* share, std::size_t count) {
  add_weights_loop(down, across, total, share, count);
}

void prefetch(const float* values, const float* mean, std::size_t count) {
  constexpr std::size_t kLine = 16;  // floats
  for (std::size_t i = 0; i < count; i += kLine) {
    __builtin_prefetch(values + i, 0);
    __builtin_prefetch(mean + i, 1);
  }
}

void blend_values(const float* share, const float* values, float* mean, std::size_t count) {
  blend_values_loop(share, values, mean, count);
}

}  // namespace nadir::kernel
