#include "models/blocks/norm_tail_kernel.h"

#include "models/blocks/vector_math.h"

namespace nadir::kernel {
namespace {

struct Moments {
  template <class T>
  NADIR_INLINE static void run(const T* x, std::size_t rows, std::size_t width, float* sum, float* squares) {
    NADIR_INDEPENDENT
    for (std::size_t j = 0; j < width; ++j) sum[j] = squares[j] = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) sum[j] += read(x[i * width + j]);
    }
    const float share = 1.0F / static_cast<float>(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) {
        const float off = read(x[i * width + j]) - sum[j] * share;
        squares[j] += off * off;
      }
    }
  }
};

template <Curve curve>
NADIR_INLINE float bent(float u, float slope) {
  if constexpr (curve == Curve::kSilu) return u * sigmoid(u);
  if constexpr (curve == Curve::kRelu6) return u < 0 ? 0.0F : (u > 6 ? 6.0F : u);
  if constexpr (curve == Curve::kLeaky) return u > 0 ? u : slope * u;
}

// The curve's value and its derivative.
struct Bent {
  float value, along;
};
template <Curve curve>
NADIR_INLINE Bent bent_along(float u, float slope) {
  if constexpr (curve == Curve::kSilu) {
    const float share = sigmoid(u);
    return {u * share, share * (1 + u * (1 - share))};
  }
  if constexpr (curve == Curve::kRelu6) return {bent<curve>(u, slope), u > 0 && u < 6 ? 1.0F : 0.0F};
  if constexpr (curve == Curve::kLeaky) return {bent<curve>(u, slope), u > 0 ? 1.0F : slope};
}

template <Curve curve>
struct Forward {
  template <class T>
  NADIR_INLINE static void run(const T* x, const T* shortcut, TailLanes lanes, std::size_t rows,
                               std::size_t width, T* y) {
    const float *scale = lanes.scale, *shift = lanes.shift;
    const float *slope_in = lanes.slope_in, *slope_out = lanes.slope_out;
    const float* factor = lanes.factor;
    for (std::size_t i = 0; i < rows; ++i) {
      const T* row = x + i * width;
      const T* other = shortcut ? shortcut + i * width : nullptr;
      T* to = y + i * width;
      const auto value = [&](std::size_t j) {
        const float u = read(row[j]) * scale[j] + shift[j];
        return factor[j] * bent<curve>(u, slope_in[j]);
      };
      if (other) {
        NADIR_INDEPENDENT
        for (std::size_t j = 0; j < width; ++j) {
          const float s = value(j) + read(other[j]);
          write(to[j], s > 0 ? s : slope_out[j] * s);
        }
      } else {
        NADIR_INDEPENDENT
        for (std::size_t j = 0; j < width; ++j) {
          const float s = value(j);
          write(to[j], s > 0 ? s : slope_out[j] * s);
        }
      }
    }
  }
};

template <Curve curve>
struct BackwardSums {
  template <bool kShortcut, class T>
  NADIR_INLINE static void row(const T* x, const T* shortcut, const T* grad, const TailLanes& lanes,
                               std::size_t width, T* grad_shortcut, const TailSums& sums) {
    const float *scale = lanes.scale, *shift = lanes.shift;
    const float *slope_in = lanes.slope_in, *slope_out = lanes.slope_out;
    const float *factor = lanes.factor, *mean = lanes.mean;
    float *sum = sums.grad, *centred = sums.grad_centred;
    float *sum_in = sums.slope_in, *sum_out = sums.slope_out;
    NADIR_INDEPENDENT
    for (std::size_t j = 0; j < width; ++j) {
      const float value = read(x[j]), g = read(grad[j]);
      const float u = value * scale[j] + shift[j];
      const Bent a = bent_along<curve>(u, slope_in[j]);
      float s = factor[j] * a.value;
      if constexpr (kShortcut) s += read(shortcut[j]);
      const float ds = s > 0 ? g : slope_out[j] * g;
      if constexpr (kShortcut) write(grad_shortcut[j], ds);
      const float da = ds * factor[j];
      const float du = a.along * da;
      sum[j] += du;
      centred[j] += du * (value - mean[j]);
      if constexpr (curve == Curve::kLeaky) sum_in[j] += u > 0 ? 0.0F : da * u;
      sum_out[j] += s > 0 ? 0.0F : g * s;
    }
  }
  template <class T>
  NADIR_INLINE static void run(const T* x, const T* shortcut, const T* grad, TailLanes lanes,
                               std::size_t rows, std::size_t width, T* grad_shortcut, TailSums sums) {
    NADIR_INDEPENDENT
    for (std::size_t j = 0; j < width; ++j) {
      sums.grad[j] = sums.grad_centred[j] = sums.slope_in[j] = sums.slope_out[j] = 0;
    }
    for (std::size_t i = 0; i < rows; ++i) {
      const std::size_t at = i * width;
      if (shortcut) {
        row<true>(x + at, shortcut + at, grad + at, lanes, width, grad_shortcut + at, sums);
      } else {
        row<false, T>(x + at, nullptr, grad + at, lanes, width, nullptr, sums);
      }
    }
  }
};

template <Curve curve>
struct BackwardInput {
  template <class T>
  NADIR_INLINE static void run(const T* x, const T* grad, TailLanes lanes, const float* along,
                               const float* constant, std::size_t rows, std::size_t width, T* grad_x) {
    const float *scale = lanes.scale, *shift = lanes.shift;
    const float *slope_in = lanes.slope_in, *slope_out = lanes.slope_out;
    const float *factor = lanes.factor, *mean = lanes.mean;
    for (std::size_t i = 0; i < rows; ++i) {
      const T* row = x + i * width;
      const T* from = grad + i * width;
      T* to = grad_x + i * width;
      NADIR_INDEPENDENT
      for (std::size_t j = 0; j < width; ++j) {
        const float value = read(row[j]), g = read(from[j]);
        const float u = value * scale[j] + shift[j];
        const Bent a = bent_along<curve>(u, slope_in[j]);
        const float s = factor[j] * a.value;
        const float da = (s > 0 ? g : slope_out[j] * g) * factor[j];
        const float du = a.along * da;
        write(to[j], du * scale[j] + (value - mean[j]) * along[j] + constant[j]);
      }
    }
  }
};

// Runs the loops for the lanes' curve.
template <template <Curve> class Loops, class... Args>
void dispatch_curve(Curve curve, Args... args) {
  switch (curve) {
    case Curve::kLeaky:
      return dispatch<Loops<Curve::kLeaky>>(args...);
    case Curve::kRelu6:
      return dispatch<Loops<Curve::kRelu6>>(args...);
    case Curve::kSilu:
      return dispatch<Loops<Curve::kSilu>>(args...);
  }
}

}  // namespace

template <class T>
void moments(const T* x, std::size_t rows, std::size_t width, float* sum, float* squares) {
  dispatch<Moments>(x, rows, width, sum, squares);
}

template <class T>
void tail_forward(const T* x, const T* shortcut, const TailLanes& lanes, std::size_t rows, std::size_t width,
                  T* y) {
  dispatch_curve<Forward>(lanes.curve, x, shortcut, lanes, rows, width, y);
}

template <class T>
void tail_backward_sums(const T* x, const T* shortcut, const T* grad, const TailLanes& lanes,
                        std::size_t rows, std::size_t width, T* grad_shortcut, const TailSums& sums) {
  dispatch_curve<BackwardSums>(lanes.curve, x, shortcut, grad, lanes, rows, width, grad_shortcut, sums);
}

template <class T>
void tail_backward_input(const T* x, const T* grad, const TailLanes& lanes, const float* along,
                         const float* constant, std::size_t rows, std::size_t width, T* grad_x) {
  dispatch_curve<BackwardInput>(lanes.curve, x, grad, lanes, along, constant, rows, width, grad_x);
}

#define NADIR_INSTANTIATE(T)                                                                             \
  template void moments<T>(const T*, std::size_t, std::size_t, float*, float*);                          \
  template void tail_forward<T>(const T*, const T*, const TailLanes&, std::size_t, std::size_t, T*);     \
  template void tail_backward_sums<T>(const T*, const T*, const T*, const TailLanes&, std::size_t,       \
                                      std::size_t, T*, const TailSums&);                                 \
  template void tail_backward_input<T>(const T*, const T*, const TailLanes&, const float*, const float*, \
                                       std::size_t, std::size_t, T*);
NADIR_INSTANTIATE(float)
NADIR_INSTANTIATE(BFloat16)
#undef NADIR_INSTANTIATE

}  // namespace nadir::kernel
