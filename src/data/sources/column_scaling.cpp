#include "data/sources/column_scaling.h"

namespace nadir {
namespace {

constexpr std::int64_t kStudyRows = 128;

torch::Tensor as_study(const torch::Tensor& pixels) { return pixels.to(torch::kFloat64).nan_to_num(0); }

}  // namespace

ColumnRange ColumnRanges::of(std::int64_t key, std::int64_t height, std::int64_t width, const Read& read) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = ranges_.find(key); found != ranges_.end()) return found->second;
  }
  // Two threads may both look; they find the same.
  torch::Tensor least, largest;
  for (std::int64_t row = 0; row < height; row += kStudyRows) {
    const torch::Tensor pixels = as_study(read({row, 0, std::min(kStudyRows, height - row), width}));
    const torch::Tensor low = pixels.amin({0, 1});
    const torch::Tensor high = pixels.amax({0, 1});
    least = least.defined() ? torch::minimum(least, low) : low;
    largest = largest.defined() ? torch::maximum(largest, high) : high;
  }
  const torch::Tensor spread = largest - least;
  const ColumnRange range{least, spread.masked_fill(spread.eq(0), 1)};
  const std::lock_guard lock(mutex_);
  return ranges_.emplace(key, range).first->second;
}

torch::Tensor scale_columns(const torch::Tensor& pixels, const ColumnRange& range, std::int64_t column) {
  const std::int64_t width = pixels.size(-1);
  const torch::Tensor scaled =
      (as_study(pixels) - range.least.narrow(0, column, width)) / range.spread.narrow(0, column, width);
  return scaled.clamp(0, 1).to(torch::kFloat32);
}

}  // namespace nadir
