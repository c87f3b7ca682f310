#include "models/inference/channel_kernel.h"

namespace nadir::kernel {
namespace {

struct Means {
  template <class T>
  NADIR_INLINE static void run(const T* x, std::size_t pixels, std::size_t stride, std::size_t width,
                               float* sum, T* mean) {
    NADIR_INDEPENDENT
    for (std::size_t j = 0; j < width; ++j) sum[j] = 0;
    std::size_t i = 0;
    for (; i + 4 <= pixels; i += 4) {
      const T *a = x + i * stride, *b = a + stride, *c = b + stride, *d = c + stride;
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) sum[j] += (read(a[j]) + read(b[j])) + (read(c[j]) + read(d[j]));
    }
    for (; i < pixels; ++i) {
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) sum[j] += read(x[i * stride + j]);
    }
    const float share = 1.0F / static_cast<float>(pixels);
    NADIR_INDEPENDENT
    for (std::size_t j = 0; j < width; ++j) write(mean[j], share * sum[j]);
  }
};

struct Scale {
  template <class T>
  NADIR_INLINE static void run(const T* x, const T* gate, std::size_t pixels, std::size_t channels, T* y) {
    for (std::size_t i = 0; i < pixels; ++i) {
      const T* const from = x + i * channels;
      T* const to = y + i * channels;
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < channels; ++j) write(to[j], read(from[j]) * read(gate[j]));
    }
  }
};

}  // namespace

template <class T>
void channel_means(const T* x, std::size_t pixels, std::size_t stride, std::size_t width, float* sum,
                   T* mean) {
  dispatch<Means>(x, pixels, stride, width, sum, mean);
}

template <class T>
void scale_channels(const T* x, const T* gate, std::size_t pixels, std::size_t channels, T* y) {
  dispatch<Scale>(x, gate, pixels, channels, y);
}

#define NADIR_INSTANTIATE(T)                                                                   \
  template void channel_means<T>(const T*, std::size_t, std::size_t, std::size_t, float*, T*); \
  template void scale_channels<T>(const T*, const T*, std::size_t, std::size_t, T*);
NADIR_INSTANTIATE(float)
NADIR_INSTANTIATE(BFloat16)
#undef NADIR_INSTANTIATE

}  // namespace nadir::kernel
