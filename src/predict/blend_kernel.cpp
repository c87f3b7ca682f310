#include "predict/blend_kernel.h"

#include "models/blocks/vector_math.h"
#include "predict/vector_clones.h"

namespace nadir::kernel {
namespace {

constexpr std::size_t kLanes = 64;  // pixels whose sums stay in registers

// exp(x), 0 where it is below the smallest normal numbers.
NADIR_INLINE float exp_of(float x) { return x < -87.0F ? 0.0F : exponential(x); }

template <std::size_t kClasses>
__attribute__((always_inline)) inline void gather_classes(const float* __restrict from, std::size_t count,
                                                          float* __restrict to, std::size_t stride) {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < kClasses; ++k) to[k * stride + i] = from[i * kClasses + k];
  }
}

// Eight pixels' eight classes turned round; compilers make one load and one store of each number.
__attribute__((always_inline)) inline void gather_block(const float* __restrict from, std::size_t classes,
                                                        float* __restrict to, std::size_t stride) {
  using Eight = float __attribute__((vector_size(32)));
  Eight a[8], b[8];
  for (std::size_t i = 0; i < 8; ++i) __builtin_memcpy(&a[i], from + i * classes, sizeof(Eight));
  for (std::size_t i = 0; i < 4; ++i) {
    b[2 * i] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    b[2 * i + 1] = __builtin_shufflevector(a[2 * i], a[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      const Eight low = b[4 * i + j], high = b[4 * i + j + 2];
      a[4 * i + 2 * j] = __builtin_shufflevector(low, high, 0, 1, 8, 9, 4, 5, 12, 13);
      a[4 * i + 2 * j + 1] = __builtin_shufflevector(low, high, 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (std::size_t i = 0; i < 4; ++i) {
    b[i] = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    b[i + 4] = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (std::size_t k = 0; k < 8; ++k) __builtin_memcpy(to + k * stride, &b[k], sizeof(Eight));
}

// Of eight classes and more: the last block begins where it ends with the last class.
__attribute__((always_inline)) inline void gather_many(const float* __restrict from, std::size_t classes,
                                                       std::size_t count, float* __restrict to,
                                                       std::size_t stride) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (std::size_t k = 0; k < classes; k += 8) {
      const std::size_t first = k + 8 > classes ? classes - 8 : k;
      gather_block(from + i * classes + first, classes, to + first * stride + i, stride);
    }
  }
  for (; i < count; ++i) {
    for (std::size_t k = 0; k < classes; ++k) to[k * stride + i] = from[i * classes + k];
  }
}

NADIR_VECTOR_CLONES void gather_loop(const float* __restrict from, std::size_t classes, std::size_t count,
                                     float* __restrict to, std::size_t stride) {
  switch (classes) {
    case 1:
      return gather_classes<1>(from, count, to, stride);
    case 2:
      return gather_classes<2>(from, count, to, stride);
    case 3:
      return gather_classes<3>(from, count, to, stride);
    case 4:
      return gather_classes<4>(from, count, to, stride);
    case 5:
      return gather_classes<5>(from, count, to, stride);
    case 6:
      return gather_classes<6>(from, count, to, stride);
    case 7:
      return gather_classes<7>(from, count, to, stride);
    default:
      return gather_many(from, classes, count, to, stride);
  }
}

__attribute__((always_inline)) inline void softmax_lanes(float* values, std::size_t classes,
                                                         std::size_t stride, std::size_t lanes) {
  float top[kLanes], sum[kLanes];
  for (std::size_t i = 0; i < lanes; ++i) top[i] = values[i];
  for (std::size_t k = 1; k < classes; ++k) {
    const float* const line = values + k * stride;
    for (std::size_t i = 0; i < lanes; ++i) top[i] = line[i] > top[i] ? line[i] : top[i];
  }
  for (std::size_t i = 0; i < lanes; ++i) sum[i] = 0.0F;
  for (std::size_t k = 0; k < classes; ++k) {
    float* const line = values + k * stride;
    for (std::size_t i = 0; i < lanes; ++i) {
      line[i] = exp_of(line[i] - top[i]);
      sum[i] += line[i];
    }
  }
  for (std::size_t i = 0; i < lanes; ++i) sum[i] = 1.0F / sum[i];
  for (std::size_t k = 0; k < classes; ++k) {
    float* const line = values + k * stride;
    for (std::size_t i = 0; i < lanes; ++i) line[i] *= sum[i];
  }
}

NADIR_VECTOR_CLONES void softmax_loop(float* values, std::size_t classes, std::size_t stride,
                                      std::size_t count) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) softmax_lanes(values + i, classes, stride, kLanes);
  if (i < count) softmax_lanes(values + i, classes, stride, count - i);
}

NADIR_VECTOR_CLONES void sigmoid_loop(float* values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float v = values[i];
    const float e = exp_of(v > 0.0F ? -v : v);
    values[i] = (v > 0.0F ? 1.0F : e) / (1.0F + e);
  }
}

NADIR_VECTOR_CLONES void add_weights_loop(float down, const float* __restrict across, float* __restrict total,
                                          std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) total[i] += down * across[i];
}

NADIR_VECTOR_CLONES void shares_loop(float down, const float* __restrict across,
                                     const float* __restrict before, float* __restrict share,
                                     std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float weight = down * across[i];
    const float total = before[i] + weight;
    share[i] = weight / (total > 0.0F ? total : 1.0F);
  }
}

NADIR_VECTOR_CLONES void blend_into_loop(const float* __restrict share, const float* __restrict values,
                                         float* __restrict mean, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float moved = mean[i] + (values[i] - mean[i]) * share[i];
    mean[i] = share[i] == 1.0F ? values[i] : moved;
  }
}

NADIR_VECTOR_CLONES void blend_onto_loop(const float* __restrict share, const float* __restrict mean,
                                         float* __restrict values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const float moved = mean[i] + (values[i] - mean[i]) * share[i];
    values[i] = share[i] == 1.0F ? values[i] : moved;
  }
}

}  // namespace

void gather(const float* from, std::size_t classes, std::size_t count, float* to, std::size_t stride) {
  gather_loop(from, classes, count, to, stride);
}

void softmax(float* values, std::size_t classes, std::size_t stride, std::size_t count) {
  softmax_loop(values, classes, stride, count);
}

void sigmoid(float* values, std::size_t count) { sigmoid_loop(values, count); }

void add_weights(float down, const float* across, float* total, std::size_t count) {
  add_weights_loop(down, across, total, count);
}

void shares(float down, const float* across, const float* before, float* share, std::size_t count) {
  shares_loop(down, across, before, share, count);
}

void blend_into(const float* share, const float* values, float* mean, std::size_t count) {
  blend_into_loop(share, values, mean, count);
}

void blend_onto(const float* share, const float* mean, float* values, std::size_t count) {
  blend_onto_loop(share, mean, values, count);
}

void prefetch(const float* line, std::size_t count) {
  constexpr std::size_t kLine = 16;  // floats
  for (std::size_t i = 0; i < count; i += kLine) __builtin_prefetch(line + i, 1);
}

}  // namespace nadir::kernel
