#include "predict/mirrored_tile.h"

#include <torch/torch.h>

#include "nadir/window.h"

namespace nadir {

MirroredTile mirrored_tile(const torch::Tensor& image, const torch::Tensor& valid, std::int64_t height,
                           std::int64_t width) {
  const std::int64_t rows = image.size(1), columns = image.size(2);
  const torch::Tensor known = valid.defined() ? valid : torch::ones({rows, columns}, torch::kBool);
  if (rows == height && columns == width) return {image, known};
  const torch::Tensor down = torch::tensor(mirrored_indices(0, height, rows), torch::kInt64);
  const torch::Tensor across = torch::tensor(mirrored_indices(0, width, columns), torch::kInt64);
  // torch has few operators for uint16: its bits travel as int16.
  const bool wide = image.scalar_type() == torch::kUInt16;
  const torch::Tensor grown =
      (wide ? image.view(torch::kInt16) : image).index_select(1, down).index_select(2, across);
  return {wide ? grown.view(torch::kUInt16) : grown,
          torch::constant_pad_nd(known, {0, width - columns, 0, height - rows}, false)};
}

}  // namespace nadir
