#include "models/blocks/depthwise_kernel.h"

namespace nadir::kernel {
namespace {

// Calls job(tap, input column, output column) where the taps of a row of outputs meet the input.
template <class Job>
NADIR_INLINE void for_each_tap(const DepthwiseShape& s, std::ptrdiff_t ky, const Job& job) {
  for (std::ptrdiff_t ox = 0; ox < s.out_width; ++ox) {
    for (std::ptrdiff_t kx = 0; kx < s.kernel; ++kx) {
      const std::ptrdiff_t ix = ox * s.stride - s.padding + kx * s.dilation;
      if (ix >= 0 && ix < s.width) job(ky * s.kernel + kx, ix, ox);
    }
  }
}

struct InputRow {
  template <class T>
  NADIR_INLINE static void run(const T* grad, const float* weight, DepthwiseShape s, std::ptrdiff_t row,
                               float* sums, T* grad_row) {
    const std::ptrdiff_t values = s.width * s.channels;
    NADIR_INDEPENDENT
    for (std::ptrdiff_t j = 0; j < values; ++j) sums[j] = 0;
    for (std::ptrdiff_t ky = 0; ky < s.kernel; ++ky) {
      const std::ptrdiff_t steps = row + s.padding - ky * s.dilation;
      if (steps < 0 || steps % s.stride != 0 || steps / s.stride >= s.out_height) continue;
      const T* const from = grad + steps / s.stride * s.out_width * s.channels;
      for_each_tap(s, ky, [&](std::ptrdiff_t tap, std::ptrdiff_t ix, std::ptrdiff_t ox) {
        const T* g = from + ox * s.channels;
        const float* w = weight + tap * s.channels;
        float* to = sums + ix * s.channels;
        NADIR_INDEPENDENT
        for (std::ptrdiff_t c = 0; c < s.channels; ++c) to[c] += read(g[c]) * w[c];
      });
    }
    NADIR_INDEPENDENT
    for (std::ptrdiff_t j = 0; j < values; ++j) write(grad_row[j], sums[j]);
  }
};

struct Weight {
  template <class T>
  NADIR_INLINE static void run(const T* x, const T* grad, DepthwiseShape s, std::ptrdiff_t begin,
                               std::ptrdiff_t end, float* grad_weight) {
    const std::ptrdiff_t values = s.kernel * s.kernel * s.channels;
    NADIR_INDEPENDENT
    for (std::ptrdiff_t j = 0; j < values; ++j) grad_weight[j] = 0;
    for (std::ptrdiff_t oy = begin; oy < end; ++oy) {
      for (std::ptrdiff_t ky = 0; ky < s.kernel; ++ky) {
        const std::ptrdiff_t iy = oy * s.stride - s.padding + ky * s.dilation;
        if (iy < 0 || iy >= s.height) continue;
        const T* const row = x + iy * s.width * s.channels;
        const T* const from = grad + oy * s.out_width * s.channels;
        for_each_tap(s, ky, [&](std::ptrdiff_t tap, std::ptrdiff_t ix, std::ptrdiff_t ox) {
          const T* value = row + ix * s.channels;
          const T* g = from + ox * s.channels;
          float* to = grad_weight + tap * s.channels;
          NADIR_INDEPENDENT
          for (std::ptrdiff_t c = 0; c < s.channels; ++c) to[c] += read(g[c]) * read(value[c]);
        });
      }
    }
  }
};

}  // namespace

template <class T>
void depthwise_input_row(const T* grad, const float* weight, const DepthwiseShape& shape, std::ptrdiff_t row,
                         float* sums, T* grad_row) {
  dispatch<InputRow>(grad, weight, shape, row, sums, grad_row);
}

template <class T>
void depthwise_weight(const T* x, const T* grad, const DepthwiseShape& shape, std::ptrdiff_t begin,
                      std::ptrdiff_t end, float* grad_weight) {
  dispatch<Weight>(x, grad, shape, begin, end, grad_weight);
}

#define NADIR_INSTANTIATE(T)                                                                          \
  template void depthwise_input_row<T>(const T*, const float*, const DepthwiseShape&, std::ptrdiff_t, \
                                       float*, T*);                                                   \
  template void depthwise_weight<T>(const T*, const T*, const DepthwiseShape&, std::ptrdiff_t,        \
                                    std::ptrdiff_t, float*);
NADIR_INSTANTIATE(float)
NADIR_INSTANTIATE(BFloat16)
#undef NADIR_INSTANTIATE

}  // namespace nadir::kernel
