#include "data/pixel_moves.h"

namespace nadir {
namespace {

torch::Tensor mirrored(std::int64_t count, std::int64_t size) {
  return torch::tensor(mirrored_indices(0, count, size), torch::kInt64);
}

// `pixels` at the top left of a larger field of `fill`; the last two dimensions grow.
torch::Tensor enlarge(const torch::Tensor& pixels, std::int64_t height, std::int64_t width, double fill) {
  return torch::constant_pad_nd(pixels, {0, width - pixels.size(-1), 0, height - pixels.size(-2)}, fill);
}

}  // namespace

Sample crop_sample(Sample sample, const Window& part) {
  return move_sample(std::move(sample), [&](const torch::Tensor& pixels) {
    return pixels.narrow(-2, part.row, part.height).narrow(-1, part.column, part.width).contiguous();
  });
}

Sample mirror_up_to(Sample sample, std::int64_t height, std::int64_t width) {
  const std::int64_t rows = sample.image.size(-2);
  const std::int64_t columns = sample.image.size(-1);
  if (rows >= height && columns >= width) return sample;
  const torch::Tensor row_indices = mirrored(std::max(rows, height), rows);
  const torch::Tensor column_indices = mirrored(std::max(columns, width), columns);
  sample.image = move_pixels(sample.image, [&](const torch::Tensor& pixels) {
    return pixels.index_select(-2, row_indices).index_select(-1, column_indices);
  });
  const auto grown_rows = sample.image.size(-2);
  const auto grown_columns = sample.image.size(-1);
  if (sample.target.defined() && sample.target.dim() >= 2) {
    sample.target = enlarge(sample.target, grown_rows, grown_columns, kIgnore);
  }
  if (!sample.valid.defined()) sample.valid = torch::ones({rows, columns}, torch::kBool);
  sample.valid = enlarge(sample.valid, grown_rows, grown_columns, 0);
  return sample;
}

}  // namespace nadir
