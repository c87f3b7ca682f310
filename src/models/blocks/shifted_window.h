// Attention within windows, as Swin Transformer V2 has it (https://arxiv.org/abs/2111.09883): queries and
// keys are compared by their cosine, and a small perceptron gives each pair of places its bias. Names and
// arithmetic are torchvision's.
#pragma once

#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>

#include "models/blocks/linear.h"

namespace nadir {

class ShiftedWindowAttentionImpl : public torch::nn::Module {
 public:
  // Windows of 8 x 8; every second block shifts them by half a window.
  ShiftedWindowAttentionImpl(std::int64_t width, std::int64_t heads, bool shifted);
  torch::Tensor forward(const torch::Tensor& map);  // [N, H, W, C], the result too

 private:
  torch::Tensor windows_attention(const torch::Tensor& tokens, const torch::Tensor& mask);
  torch::Tensor position_bias();  // [1, heads, T, T]

  std::int64_t heads_;
  bool shifted_;
  torch::Tensor logit_scale_, relative_coords_table_, relative_position_index_;
  Linear qkv_{nullptr}, proj_{nullptr};
  torch::nn::Sequential cpb_mlp_{nullptr};
};
TORCH_MODULE(ShiftedWindowAttention);

}  // namespace nadir
