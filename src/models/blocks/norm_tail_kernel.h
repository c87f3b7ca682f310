// The loops of a batch norm and what follows it, over maps in channels-last order. Nothing of torch is in
// them.
//
// A map is rows of `width` values. Value j of a row belongs to lane j; a lane has constants and sums of its
// own. Lanes are channels, repeated where a row holds several pixels.
//
//   u = x scale + shift;  a = curve(u);  s = factor a (+ shortcut);  y = s > 0 ? s : slope_out s
#pragma once

#include <cstddef>

#include "models/blocks/vector_loops.h"

namespace nadir::kernel {

// What the inner activation does.
enum class Curve {
  kLeaky,  // u > 0 ? u : slope_in u
  kRelu6,  // u from 0 to 6
  kSilu    // u / (1 + exp(-u))
};

// Constants of the lanes, `width` of each.
struct TailLanes {
  const float *scale, *shift, *mean;
  const float *slope_in, *factor, *slope_out;
  Curve curve;
};

// Sums of the lanes over rows, `width` of each, all overwritten.
struct TailSums {
  float *grad, *grad_centred;   // of du and of du (x - mean)
  float *slope_in, *slope_out;  // of the slopes' gradients; slope_in for leaky curves alone
};

// sum[j] = sum of x; squares[j] = sum of (x - the rows' own mean)^2.
template <class T>
void moments(const T* x, std::size_t rows, std::size_t width, float* sum, float* squares);

// `shortcut` may be null.
template <class T>
void tail_forward(const T* x, const T* shortcut, const TailLanes& lanes, std::size_t rows, std::size_t width,
                  T* y);

// From the gradient of y to the sums, and, where there is a shortcut, to ds, which is its gradient.
template <class T>
void tail_backward_sums(const T* x, const T* shortcut, const T* grad, const TailLanes& lanes,
                        std::size_t rows, std::size_t width, T* grad_shortcut, const TailSums& sums);

// dx = du scale + (x - mean) along + constant. No shortcut: where there is one, `grad` is ds and slope_out 1.
template <class T>
void tail_backward_input(const T* x, const T* grad, const TailLanes& lanes, const float* along,
                         const float* constant, std::size_t rows, std::size_t width, T* grad_x);

}  // namespace nadir::kernel
