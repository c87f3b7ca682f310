#include "models/blocks/vit_block.h"

#include <torch/nn.h>

#include "models/blocks/attention.h"
#include "models/blocks/linear.h"
#include "models/blocks/token_norm.h"

namespace nadir {

torch::nn::LayerNorm vit_norm(std::int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(1e-6));
}

PatchEmbedImpl::PatchEmbedImpl(std::int64_t bands, std::int64_t width, std::int64_t patch) {
  const auto options = torch::nn::Conv2dOptions(bands, width, patch).stride(patch);
  proj_ = register_module("proj", torch::nn::Conv2d(options));
}

torch::Tensor PatchEmbedImpl::forward(const torch::Tensor& image) {
  return proj_(image).flatten(2).transpose(1, 2);
}

class VitAttention : public torch::nn::Module {
 public:
  VitAttention(std::int64_t width, std::int64_t heads) : heads_(heads) {
    qkv_ = register_module("qkv", Linear(width, 3 * width));
    proj_ = register_module("proj", Linear(width, width));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const std::vector<torch::Tensor> parts = qkv_(x).chunk(3, -1);
    return proj_(attend(parts[0], parts[1], parts[2], heads_));
  }

 private:
  std::int64_t heads_;
  Linear qkv_{nullptr}, proj_{nullptr};
};

class VitMlp : public torch::nn::Module {
 public:
  VitMlp(std::int64_t width, std::string gelu) : gelu_(std::move(gelu)) {
    fc1_ = register_module("fc1", Linear(width, 4 * width));
    fc2_ = register_module("fc2", Linear(4 * width, width));
  }
  torch::Tensor forward(const torch::Tensor& x) { return fc2_(torch::gelu(fc1_(x), gelu_)); }

 private:
  std::string gelu_;  // PyTorch's name of the approximation
  Linear fc1_{nullptr}, fc2_{nullptr};
};

VitBlockImpl::VitBlockImpl(std::int64_t width, std::int64_t heads, const std::string& gelu) {
  norm1_ = register_module("norm1", vit_norm(width));
  attn_ = register_module("attn", std::make_shared<VitAttention>(width, heads));
  norm2_ = register_module("norm2", vit_norm(width));
  mlp_ = register_module("mlp", std::make_shared<VitMlp>(width, gelu));
}

torch::Tensor VitBlockImpl::forward(const torch::Tensor& tokens) {
  const NormedSum y = sum_norm(norm2_, tokens, attn_->forward(sum_norm(norm1_, tokens).normed));
  return y.sum + mlp_->forward(y.normed);
}

// The convolution of the patches stays as PyTorch has it.
void init_vit(torch::nn::Module& module) {
  for (const auto& each : module.modules(/*include_self=*/false)) {
    auto* layer = dynamic_cast<torch::nn::LinearImpl*>(each.get());
    if (layer == nullptr) continue;
    torch::nn::init::normal_(layer->weight, 0, 0.02);
    torch::nn::init::zeros_(layer->bias);
  }
}

}  // namespace nadir
