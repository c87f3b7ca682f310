// What blending gives its pixels to.
#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>

namespace nadir {

// Neighbouring pixels of a row of the raster, blended for good. Class k of pixel i is values[k * stride + i].
struct RowPiece {
  static constexpr std::size_t kMost = 256;  // pixels

  std::int64_t row, column;
  std::size_t count;
  const float* values;
  std::size_t stride;
};

// Rows come in bands, from the top; all calls but take() come from the thread that blends.
class BlendSink {
 public:
  virtual ~BlendSink() = default;
  // The rows first .. bottom-1 come next, all columns of the area; none when bottom is first.
  virtual void begin_rows(std::int64_t first, std::int64_t bottom) = 0;
  // Every pixel once, in any order, from several threads at a time. 0 where no tile lay.
  virtual void take(const RowPiece& piece) = 0;
  // All of them came. kept: [h, W] bool, which are valid and wanted; undefined when all are.
  virtual void end_rows(const torch::Tensor& kept) = 0;
};

}  // namespace nadir
