// What vision transformers (https://arxiv.org/abs/2010.11929) are made of, with timm's tensor names.
#pragma once

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/normalization.h>

#include <string>

namespace nadir {

torch::nn::LayerNorm vit_norm(std::int64_t width);  // epsilon 1e-6

// Cuts an image into square patches and gives each a token: [N, C, H, W] -> [N, T, width].
class PatchEmbedImpl : public torch::nn::Module {
 public:
  PatchEmbedImpl(std::int64_t bands, std::int64_t width, std::int64_t patch);
  torch::Tensor forward(const torch::Tensor& image);

 private:
  torch::nn::Conv2d proj_{nullptr};
};
TORCH_MODULE(PatchEmbed);

class VitAttention;
class VitMlp;
// Attention and a perceptron, each after a norm and beside a shortcut. tokens: [N, T, width]
class VitBlockImpl : public torch::nn::Module {
 public:
  // `gelu`: PyTorch's name of the approximation, "none" or "tanh".
  VitBlockImpl(std::int64_t width, std::int64_t heads, const std::string& gelu);
  torch::Tensor forward(const torch::Tensor& tokens);

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  std::shared_ptr<VitAttention> attn_;
  std::shared_ptr<VitMlp> mlp_;
};
TORCH_MODULE(VitBlock);

// timm's first values for the linear layers below `module`.
void init_vit(torch::nn::Module& module);

}  // namespace nadir
