// How a vision transformer's tokens lie over the image: one for each patch, row by row, after a few others.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace nadir {

struct TokenGrid {
  std::int64_t rows = 0, columns = 0;  // of patches
  std::int64_t prefix = 0;             // tokens before the patches': the class token
  std::string positions;               // the position embedding's tensor, by its name within the module
};

// What modules are that keep a position embedding for each patch.
class PatchTokens {
 public:
  virtual ~PatchTokens() = default;
  virtual TokenGrid token_grid() const = 0;
};

// Whether `positions` ([1, prefix + T, width] or [prefix + T, width]) are those of a square of patches.
bool has_square_grid(torch::IntArrayRef positions, std::int64_t prefix);

// Position embeddings of a square of patches as if the image had had the grid's size: bicubic with
// antialiasing, in float32, the prefix's as they are. timm's resample_abs_pos_embed.
torch::Tensor resample_positions(const torch::Tensor& positions, const TokenGrid& grid);

}  // namespace nadir
