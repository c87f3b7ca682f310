// The loops of a depthwise convolution's gradients, over maps in channels-last order: [rows, columns, C].
#pragma once

#include <cstddef>

#include "models/blocks/vector_loops.h"

namespace nadir::kernel {

// Square kernels; the same padding at the top and the left.
struct DepthwiseShape {
  std::ptrdiff_t channels, height, width;  // of the input
  std::ptrdiff_t out_height, out_width;
  std::ptrdiff_t kernel, stride, padding, dilation;
};

// One row of the input's gradient of one image. weight: [kernel * kernel, C]; sums: room for [width, C].
template <class T>
void depthwise_input_row(const T* grad, const float* weight, const DepthwiseShape& shape, std::ptrdiff_t row,
                         float* sums, T* grad_row);

// The weight's gradient, [kernel * kernel, C], of the output's rows [begin, end) of one image; overwritten.
template <class T>
void depthwise_weight(const T* x, const T* grad, const DepthwiseShape& shape, std::ptrdiff_t begin,
                      std::ptrdiff_t end, float* grad_weight);

}  // namespace nadir::kernel
