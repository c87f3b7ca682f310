#include <torch/torch.h>

#include <algorithm>

#include "models/diffusion/autoencoder.h"

namespace nadir {
namespace {

// Mixes the end of `before` into the beginning of `tile` along `dim`, linearly over `extent` pixels.
void blend(const torch::Tensor& before, torch::Tensor& tile, std::int64_t dim, std::int64_t extent) {
  extent = std::min({extent, before.size(dim), tile.size(dim)});
  std::vector<std::int64_t> shape(4, 1);
  shape[static_cast<std::size_t>(dim)] = extent;
  const torch::Tensor share =
      (torch::arange(extent, tile.options()) / static_cast<double>(extent)).reshape(shape);
  torch::Tensor begin = tile.narrow(dim, 0, extent);
  begin.copy_(before.narrow(dim, before.size(dim) - extent, extent) * (1 - share) + begin * share);
}

// Where tiles begin along a side; the last one reaches its end.
std::vector<std::int64_t> tile_starts(std::int64_t size, std::int64_t tile, std::int64_t step) {
  std::vector<std::int64_t> starts = {0};
  while (starts.back() + tile < size) starts.push_back(starts.back() + step);
  return starts;
}

}  // namespace

torch::Tensor decode_tiled(Autoencoder& autoencoder, const torch::Tensor& latents, std::int64_t tile) {
  const std::int64_t reduction = autoencoder.config().reduction();
  const std::int64_t step = std::max<std::int64_t>(1, tile * 3 / 4);
  const std::int64_t overlap = (tile - step) * reduction, kept = step * reduction;
  const auto tops = tile_starts(latents.size(2), tile, step),
             lefts = tile_starts(latents.size(3), tile, step);
  const auto shown = [&](const torch::Tensor& whole, std::int64_t dim, bool last) {
    return last ? whole : whole.narrow(dim, 0, kept);
  };
  std::vector<torch::Tensor> above, rows;
  for (const std::int64_t top : tops) {
    std::vector<torch::Tensor> tiles, parts;
    for (const std::int64_t left : lefts) {
      const torch::Tensor seen = latents.slice(2, top, top + tile).slice(3, left, left + tile);
      torch::Tensor decoded = autoencoder.decode(seen);
      if (!above.empty()) blend(above[tiles.size()], decoded, 2, overlap);
      if (!tiles.empty()) blend(tiles.back(), decoded, 3, overlap);
      parts.push_back(shown(shown(decoded, 2, top == tops.back()), 3, left == lefts.back()));
      tiles.push_back(std::move(decoded));
    }
    rows.push_back(torch::cat(parts, 3));
    above = std::move(tiles);
  }
  return torch::cat(rows, 2);
}

}  // namespace nadir
