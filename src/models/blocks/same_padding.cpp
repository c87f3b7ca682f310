#include "models/blocks/same_padding.h"

#include <algorithm>

namespace nadir {
namespace {

std::int64_t total_padding(std::int64_t size, std::int64_t window, std::int64_t stride) {
  const std::int64_t results = (size + stride - 1) / stride;
  return std::max<std::int64_t>((results - 1) * stride + window - size, 0);
}

}  // namespace

torch::Tensor pad_same(const torch::Tensor& x, at::IntArrayRef window, std::int64_t stride, double value) {
  const std::int64_t rows = total_padding(x.size(2), window[0], stride);
  const std::int64_t columns = total_padding(x.size(3), window[1], stride);
  if (rows == 0 && columns == 0) return x;
  return torch::constant_pad_nd(x, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2}, value);
}

}  // namespace nadir
