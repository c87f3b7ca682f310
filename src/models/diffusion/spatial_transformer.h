// Attention over the pixels of a map, and from them to a text (Rombach et al. 2022; diffusers' names).
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

namespace nadir {

struct SpatialTransformerShape {
  std::int64_t channels = 320;
  std::int64_t heads = 5;
  std::int64_t context = 1024;  // channels of the text's tokens
  std::int64_t groups = 32;     // of the group norm
  std::int64_t layers = 1;
  bool linear_projection = true;  // else 1 x 1 convolutions: SD 1.x
};

// group norm, projection, `layers` of [self attention, cross attention, gated feed-forward], projection, plus
// the input.
class SpatialTransformer : public torch::nn::Module {
 public:
  // x: [N, channels, H, W]; context: [N, tokens, context]. Gives x's shape.
  virtual torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& context) = 0;
};
std::shared_ptr<SpatialTransformer> make_spatial_transformer(const SpatialTransformerShape& shape);

}  // namespace nadir
