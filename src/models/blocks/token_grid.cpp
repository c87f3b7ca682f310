#include "models/blocks/token_grid.h"

#include <torch/torch.h>

#include <cmath>

namespace nadir {
namespace {

std::int64_t side_of(std::int64_t patches) {
  return static_cast<std::int64_t>(std::llround(std::sqrt(static_cast<double>(patches))));
}

}  // namespace

bool has_square_grid(torch::IntArrayRef positions, std::int64_t prefix) {
  if (positions.size() < 2) return false;
  const std::int64_t patches = positions[positions.size() - 2] - prefix;
  return patches > 0 && side_of(patches) * side_of(patches) == patches;
}

torch::Tensor resample_positions(const torch::Tensor& positions, const TokenGrid& grid) {
  const std::int64_t patches = positions.size(-2) - grid.prefix, side = side_of(patches);
  if (side == grid.rows && side == grid.columns) return positions;
  const torch::Tensor square = positions.narrow(-2, grid.prefix, patches)
                                   .reshape({1, side, side, positions.size(-1)})
                                   .permute({0, 3, 1, 2});
  const torch::Tensor resized = torch::_upsample_bicubic2d_aa(
      square.to(torch::kFloat32), {grid.rows, grid.columns}, /*align_corners=*/false);
  std::vector<std::int64_t> shape = positions.sizes().vec();
  shape[shape.size() - 2] = grid.rows * grid.columns;
  const torch::Tensor tokens = resized.permute({0, 2, 3, 1}).reshape(shape).type_as(positions);
  return torch::cat({positions.narrow(-2, 0, grid.prefix), tokens}, -2);
}

}  // namespace nadir
