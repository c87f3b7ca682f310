// Images smaller than a tile, mirrored up to it.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace nadir {

struct MirroredTile {
  torch::Tensor image;  // [C, height, width]
  torch::Tensor valid;  // [height, width] bool, false where mirrored: as in training
};
// image: [C, h, w]; valid: [h, w] bool or undefined; h <= height, w <= width. Grows to the right and
// downwards.
MirroredTile mirrored_tile(const torch::Tensor& image, const torch::Tensor& valid, std::int64_t height,
                           std::int64_t width);

}  // namespace nadir
