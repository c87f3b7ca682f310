#include "models/blocks/activation_kernel.h"

#include "models/blocks/vector_math.h"

namespace nadir::kernel {
namespace {

template <Activation f>
NADIR_INLINE float value_of(float x) {
  if constexpr (f == Activation::kNone) return x;
  if constexpr (f == Activation::kRelu) return x > 0 ? x : 0.0F;
  if constexpr (f == Activation::kElu) return x > 0 ? x : exponential_less_one(x);
  if constexpr (f == Activation::kGelu) return x * normal(x).below;
}

// The derivative; `saved` is x for GELU, f(x) for the others.
template <Activation f>
NADIR_INLINE float slope_of(float saved) {
  if constexpr (f == Activation::kNone) return 1;
  if constexpr (f == Activation::kRelu) return saved > 0 ? 1.0F : 0.0F;
  if constexpr (f == Activation::kElu) return saved > 0 ? 1.0F : saved + 1.0F;
  if constexpr (f == Activation::kGelu) {
    const Normal n = normal(saved);
    return n.below + saved * n.density;
  }
}

// What the values of a block are multiplied with: 0 or the scale. SplitMix64 (Steele et al. 2014), of which
// each number serves two values.
NADIR_INLINE void draw(const Drop& drop, std::size_t block, float* factors) {
  constexpr std::size_t kHalf = kDropBlock / 2;
  const std::uint64_t first = drop.key + 0x9e3779b97f4a7c15U * (kHalf * block);
  const std::uint32_t below = drop.below;
  const float scale = drop.scale;
  NADIR_INDEPENDENT
  for (std::size_t j = 0; j < kHalf; ++j) {
    std::uint64_t z = first + 0x9e3779b97f4a7c15U * (j + 1);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    z ^= z >> 31U;
    factors[j] = static_cast<std::uint32_t>(z) < below ? 0.0F : scale;
    factors[kHalf + j] = static_cast<std::uint32_t>(z >> 32U) < below ? 0.0F : scale;
  }
}

template <Activation f>
struct Forward {
  template <class T>
  NADIR_INLINE static void run(const T* x, std::size_t count, std::size_t block, Drop drop, T* y) {
    if (drop.below == 0) {
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < count; ++j) write(y[j], value_of<f>(read(x[j])));
      return;
    }
    float factors[kDropBlock];
    for (std::size_t at = 0; at < count; at += kDropBlock) {
      draw(drop, block++, factors);
      const std::size_t left = count - at < kDropBlock ? count - at : kDropBlock;
      const T* const from = x + at;
      T* const to = y + at;
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < left; ++j) write(to[j], value_of<f>(read(from[j])) * factors[j]);
    }
  }
};

template <Activation f>
struct Backward {
  template <class T>
  NADIR_INLINE static void run(const T* saved, const T* grad, std::size_t count, std::size_t block, Drop drop,
                               T* grad_x) {
    // What is saved of ReLU and ELU has been through the dropout.
    const float back = f == Activation::kElu ? 1 / drop.scale : 1;
    float factors[kDropBlock];
    for (std::size_t at = 0; at < count; at += kDropBlock) {
      const std::size_t left = count - at < kDropBlock ? count - at : kDropBlock;
      const T *const kept = saved + at, *const from = grad + at;
      T* const to = grad_x + at;
      // A value that ReLU let through was not dropped.
      if (drop.below == 0 || f == Activation::kRelu) {
        const float scale = drop.scale;
        NADIR_INDEPENDENT
        for (std::size_t j = 0; j < left; ++j)
          write(to[j], slope_of<f>(read(kept[j])) * scale * read(from[j]));
      } else {
        draw(drop, block++, factors);
        NADIR_INDEPENDENT
        for (std::size_t j = 0; j < left; ++j)
          write(to[j], slope_of<f>(read(kept[j]) * back) * factors[j] * read(from[j]));
      }
    }
  }
};

template <template <Activation> class Loops, class... Args>
void dispatch_activation(Activation f, Args... args) {
  switch (f) {
    case Activation::kNone:
      return dispatch<Loops<Activation::kNone>>(args...);
    case Activation::kRelu:
      return dispatch<Loops<Activation::kRelu>>(args...);
    case Activation::kElu:
      return dispatch<Loops<Activation::kElu>>(args...);
    case Activation::kGelu:
      return dispatch<Loops<Activation::kGelu>>(args...);
  }
}

}  // namespace

template <class T>
void activation_forward(Activation f, const T* x, std::size_t count, std::size_t block, const Drop& drop,
                        T* y) {
  dispatch_activation<Forward>(f, x, count, block, drop, y);
}

template <class T>
void activation_backward(Activation f, const T* saved, const T* grad, std::size_t count, std::size_t block,
                         const Drop& drop, T* grad_x) {
  dispatch_activation<Backward>(f, saved, grad, count, block, drop, grad_x);
}

#define NADIR_INSTANTIATE(T)                                                                            \
  template void activation_forward<T>(Activation, const T*, std::size_t, std::size_t, const Drop&, T*); \
  template void activation_backward<T>(Activation, const T*, const T*, std::size_t, std::size_t,        \
                                       const Drop&, T*);
NADIR_INSTANTIATE(float)
NADIR_INSTANTIATE(BFloat16)
#undef NADIR_INSTANTIATE

}  // namespace nadir::kernel
