#include "predict/blend_kernel.h"

namespace nadir::kernel {

void add_weights(float down, const float* __restrict across, float* __restrict total, float* __restrict share,
                 std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float weight = down * across[i];
    total[i] += weight;
    share[i] = weight / total[i];
  }
}

void blend_values(const float* __restrict share, const float* __restrict values, float* __restrict mean,
                  std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float moved = mean[i] + (values[i] - mean[i]) * share[i];
    mean[i] = share[i] == 1.0F ? values[i] : moved;
  }
}

}  // namespace nadir::kernel
