// Operations that only move pixels, for every pixel type and for a sample's tensors alike.
#pragma once

#include "nadir/data.h"

namespace nadir {

// torch has few operators for uint16: its bits travel as int16.
template <class Move>
torch::Tensor move_pixels(const torch::Tensor& pixels, const Move& move) {
  if (pixels.scalar_type() != torch::kUInt16) return move(pixels);
  return move(pixels.view(torch::kInt16)).view(torch::kUInt16);
}

// The same move of rows and columns (the last two dimensions) for image, target and valid mask.
template <class Move>
Sample move_sample(Sample sample, const Move& move) {
  for (torch::Tensor* each : {&sample.image, &sample.target, &sample.valid}) {
    if (each->defined() && each->dim() >= 2) *each = move_pixels(*each, move);
  }
  return sample;
}

inline bool is_square(const Sample& sample) { return sample.image.size(-1) == sample.image.size(-2); }

// The pixels of `part`, which lies inside the sample.
Sample crop_sample(Sample sample, const Window& part);

// Mirrors a smaller sample up to height x width, at the bottom and at the right. The added pixels do not
// count: their target is ignore and valid is false.
Sample mirror_up_to(Sample sample, std::int64_t height, std::int64_t width);

}  // namespace nadir
