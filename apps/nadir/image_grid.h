// Generated images beside each other, each under its label.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace nadir {

struct LabelledImage {
  std::string label;
  torch::Tensor pixels;  // [3, H, W] uint8
};
// [H, W, 3] uint8: rows of `columns`, the first to the last. Small images are enlarged to whole multiples, so
// that their labels can be read; smaller ones than the largest are padded with white.
torch::Tensor image_grid(const std::vector<LabelledImage>& images, std::int64_t columns);

}  // namespace nadir
