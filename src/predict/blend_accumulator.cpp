#include "predict/blend_accumulator.h"

#include <torch/torch.h>
#include <stdexcept>

#include "predict/blend_kernel.h"

namespace nadir {
namespace {

constexpr std::int64_t kRowsAThread = 32;  // fewer are not worth waking it

}  // namespace

BlendAccumulator::BlendAccumulator(const Window& area, std::int64_t classes, const torch::Tensor& window,
                                   std::int64_t step, std::int64_t origin)
    : area_(area),
      classes_(classes),
      capacity_((window.numel() + step - 1) / step * step),
      origin_(origin),
      next_row_(area.row),
      begun_(area.row),
      window_(window.contiguous()),
      means_(torch::empty({classes, capacity_, area.width}, torch::kFloat32)),
      weights_(torch::empty({capacity_, area.width}, torch::kFloat32)) {}

void BlendAccumulator::add(const Window& tile, const torch::Tensor& probabilities) {
  const Window inside = intersection(tile, area_);
  if (inside.empty()) return;
  if (inside.row < next_row_) throw std::logic_error("a tile over finished rows: " + to_string(tile));
  begin_rows(inside.bottom());
  at::parallel_for(inside.row, inside.bottom(), kRowsAThread, [&](std::int64_t first, std::int64_t end) {
    std::vector<float> share(static_cast<std::size_t>(inside.width));
    for (std::int64_t row = first; row < end; ++row)
      blend_row(row, tile, inside, probabilities, share.data());
  });
}

void BlendAccumulator::begin_rows(std::int64_t bottom) {
  if (bottom - next_row_ > capacity_)
    throw std::logic_error("the band is too low for row " + std::to_string(bottom));
  for (; begun_ < bottom; ++begun_) {
    float* const row = weights_.data_ptr<float>() + slot(begun_) * area_.width;
    std::fill(row, row + area_.width, 0.0F);
  }
}

void BlendAccumulator::blend_row(std::int64_t row, const Window& tile, const Window& inside,
                                 const torch::Tensor& probabilities, float* share) {
  const std::int64_t from_column = inside.column - tile.column;
  const std::int64_t to_column = inside.column - area_.column;
  const auto count = static_cast<std::size_t>(inside.width);
  const float* const window = window_.data_ptr<float>();
  kernel::add_weights(window[row - tile.row], window + from_column,
                      weights_.data_ptr<float>() + slot(row) * area_.width + to_column, share, count);
  const float* from = probabilities.data_ptr<float>() + (row - tile.row) * tile.width + from_column;
  float* to = means_.data_ptr<float>() + slot(row) * area_.width + to_column;
  for (std::int64_t k = 0; k < classes_; ++k) {
    const float* const next_from = from + tile.height * tile.width;
    float* const next_to = to + capacity_ * area_.width;
    if (k + 1 < classes_) kernel::prefetch(next_from, next_to, count);
    kernel::blend_values(share, from, to, count);
    from = next_from;
    to = next_to;
  }
}

torch::Tensor BlendAccumulator::finish_rows(std::int64_t bottom) {
  const std::int64_t first = next_row_;
  const std::int64_t rows = std::min(bottom, area_.bottom()) - first;
  if (rows <= 0) return torch::empty({classes_, 0, area_.width}, torch::kFloat32);
  if (slot(first) + rows > capacity_) throw std::logic_error("finished rows wrap around the band");
  begin_rows(first + rows);
  for (std::int64_t row = first; row < first + rows; ++row) clear_uncovered(row);
  next_row_ = first + rows;
  return means_.narrow(1, slot(first), rows);
}

void BlendAccumulator::clear_uncovered(std::int64_t row) {
  const float* const weights = weights_.data_ptr<float>() + slot(row) * area_.width;
  if (std::find(weights, weights + area_.width, 0.0F) == weights + area_.width) return;
  for (std::int64_t k = 0; k < classes_; ++k) {
    float* const means = means_.data_ptr<float>() + (k * capacity_ + slot(row)) * area_.width;
    for (std::int64_t column = 0; column < area_.width; ++column) {
      if (weights[column] == 0.0F) means[column] = 0.0F;
    }
  }
}

}  // namespace nadir
