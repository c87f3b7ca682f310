// Residual blocks and changes of size that the diffusion U-Net and the autoencoder share (diffusers' names).
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <vector>

#include "models/blocks/linear.h"

namespace nadir {

struct GroupNormFlavour {
  std::int64_t groups = 32;
  double eps = 1e-5;
};
torch::nn::GroupNorm group_norm(std::int64_t channels, const GroupNormFlavour& flavour);
// SiLU of the norm of x: [N, C, H, W], in one map of memory where nothing is learnt.
torch::Tensor norm_silu(torch::nn::GroupNorm& norm, const torch::Tensor& x);
// a + b, in a's memory where nothing is learnt and the sum has its type. Nobody else may look at a.
torch::Tensor add_to(torch::Tensor a, const torch::Tensor& b);

// norm1, SiLU, conv1, plus the time's projection; norm2, SiLU, conv2; plus the input (conv_shortcut, 1 x 1,
// where the channels change). He et al. 2016; Ho et al. 2020.
class ResidualBlockImpl : public torch::nn::Module {
 public:
  // `time`: length of the time embedding; 0 for a block without.
  ResidualBlockImpl(std::int64_t in, std::int64_t out, std::int64_t time, const GroupNormFlavour& norm);
  // x: [N, in, H, W]; time: [N, time] or undefined. Gives [N, out, H, W].
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& time = {});

 private:
  torch::nn::GroupNorm norm1_{nullptr}, norm2_{nullptr};
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv_shortcut_{nullptr};
  Linear time_emb_proj_{nullptr};
};
TORCH_MODULE(ResidualBlock);

// Half the size by a 3 x 3 convolution. The autoencoder pads right and bottom only (`padding` 0).
class HalvingImpl : public torch::nn::Module {
 public:
  HalvingImpl(std::int64_t channels, std::int64_t padding);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  std::int64_t padding_;
  torch::nn::Conv2d conv_;
};
TORCH_MODULE(Halving);

// Nearest neighbours, then a 3 x 3 convolution.
class DoublingImpl : public torch::nn::Module {
 public:
  explicit DoublingImpl(std::int64_t channels);
  // `size`: height and width of the result; empty doubles.
  torch::Tensor forward(const torch::Tensor& x, const std::vector<std::int64_t>& size = {});

 private:
  torch::nn::Conv2d conv_;
};
TORCH_MODULE(Doubling);

}  // namespace nadir
