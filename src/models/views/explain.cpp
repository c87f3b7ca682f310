#include <torch/torch.h>

#include "models/blocks/token_grid.h"
#include "models/views/attention_rollout.h"
#include "models/views/grad_cam.h"
#include "nadir/model.h"

namespace nadir {
namespace {

// Pixels of a side of a cell. Where cells do not divide the image, the network has padded it: it halves its
// maps, so that a cell's side is a power of two.
std::int64_t cell_side(std::int64_t pixels, std::int64_t cells) {
  if (pixels % cells == 0) return pixels / cells;
  std::int64_t side = 1;
  while (side * cells < pixels) side *= 2;
  return side;
}

torch::Tensor over_image(const torch::Tensor& cells, std::int64_t height, std::int64_t width) {
  const std::int64_t rows = cells.size(0), columns = cells.size(1);
  const std::int64_t tall = rows * cell_side(height, rows), wide = columns * cell_side(width, columns);
  const torch::Tensor map =
      torch::upsample_bilinear2d(cells.view({1, 1, rows, columns}), {tall, wide}, /*align_corners=*/false);
  return map.squeeze(0).squeeze(0).narrow(0, 0, height).narrow(1, 0, width).contiguous();
}

}  // namespace

Explanation explain(Model& model, const torch::Tensor& image, std::int64_t class_index) {
  Explanation result;
  if (const auto* tokens = dynamic_cast<const PatchTokens*>(&model)) {
    result.method = "attention rollout";
    result.cells = attention_rollout(model, image, tokens->token_grid());
  } else {
    result.method = "Grad-CAM";
    result.cells = grad_cam(model, image, class_index);
  }
  result.map = over_image(result.cells, image.size(2), image.size(3));
  return result;
}

}  // namespace nadir
