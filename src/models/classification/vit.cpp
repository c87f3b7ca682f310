#include "models/classification/vit.h"

#include <torch/nn.h>

#include "models/blocks/attention.h"
#include "models/blocks/padding.h"

namespace nadir {
namespace {

torch::nn::LayerNorm layer_norm(std::int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(1e-6));
}

class PatchEmbedImpl : public torch::nn::Module {
 public:
  PatchEmbedImpl(std::int64_t bands, std::int64_t width, std::int64_t patch) {
    const auto options = torch::nn::Conv2dOptions(bands, width, patch).stride(patch);
    proj_ = register_module("proj", torch::nn::Conv2d(options));
  }
  // [N, C, H, W] -> [N, T, width]
  torch::Tensor forward(const torch::Tensor& image) { return proj_(image).flatten(2).transpose(1, 2); }

 private:
  torch::nn::Conv2d proj_{nullptr};
};
TORCH_MODULE(PatchEmbed);

class AttentionImpl : public torch::nn::Module {
 public:
  AttentionImpl(std::int64_t width, std::int64_t heads) : heads_(heads) {
    qkv_ = register_module("qkv", torch::nn::Linear(width, 3 * width));
    proj_ = register_module("proj", torch::nn::Linear(width, width));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const std::vector<torch::Tensor> parts = qkv_(x).chunk(3, -1);
    return proj_(attend(parts[0], parts[1], parts[2], heads_));
  }

 private:
  std::int64_t heads_;
  torch::nn::Linear qkv_{nullptr}, proj_{nullptr};
};
TORCH_MODULE(Attention);

class MlpImpl : public torch::nn::Module {
 public:
  MlpImpl(std::int64_t width, std::string gelu) : gelu_(std::move(gelu)) {
    fc1_ = register_module("fc1", torch::nn::Linear(width, 4 * width));
    fc2_ = register_module("fc2", torch::nn::Linear(4 * width, width));
  }
  torch::Tensor forward(const torch::Tensor& x) { return fc2_(torch::gelu(fc1_(x), gelu_)); }

 private:
  std::string gelu_;  // PyTorch's name of the approximation
  torch::nn::Linear fc1_{nullptr}, fc2_{nullptr};
};
TORCH_MODULE(Mlp);

class BlockImpl : public torch::nn::Module {
 public:
  BlockImpl(std::int64_t width, std::int64_t heads, const std::string& gelu) {
    norm1_ = register_module("norm1", layer_norm(width));
    attn_ = register_module("attn", Attention(width, heads));
    norm2_ = register_module("norm2", layer_norm(width));
    mlp_ = register_module("mlp", Mlp(width, gelu));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = x + attn_(norm1_(x));
    return y + mlp_(norm2_(y));
  }

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  Attention attn_{nullptr};
  Mlp mlp_{nullptr};
};
TORCH_MODULE(Block);

class Vit final : public Model {
 public:
  Vit(const VitConfig& config, const ModelShape& shape)
      : size_(config.image_size), rescale_(config.flavour == "keras_cv") {
    const std::int64_t width = config.width;
    const std::int64_t tokens = (size_[0] / config.patch) * (size_[1] / config.patch);
    cls_token_ = register_parameter("cls_token", torch::zeros({1, 1, width}));
    pos_embed_ = register_parameter("pos_embed", torch::zeros({1, tokens + 1, width}));
    patch_embed_ = register_module("patch_embed", PatchEmbed(shape.bands, width, config.patch));
    blocks_ = register_module("blocks", torch::nn::Sequential());
    const std::string gelu = rescale_ ? "tanh" : "none";
    for (std::int64_t i = 0; i < config.depth; ++i) blocks_->push_back(Block(width, config.heads, gelu));
    norm_ = register_module("norm", layer_norm(width));
    head_ = register_module("head", torch::nn::Linear(width, shape.classes));
    init();
  }

  ModelOutput forward(const torch::Tensor& image) override {
    require_size("vit", image, size_);
    torch::Tensor x = patch_embed_(rescale_ ? 2 * image - 1 : image);
    x = torch::cat({cls_token_.expand({x.size(0), -1, -1}), x}, 1) + pos_embed_;
    x = norm_(blocks_->forward(x));
    return {full_precision(head_(x.select(1, 0))), {}};
  }

 private:
  // timm's: all linear layers alike, the patches' convolution as PyTorch has it.
  void init() {
    constexpr double kDeviation = 0.02;
    for (const auto& each : modules(/*include_self=*/false)) {
      auto* layer = dynamic_cast<torch::nn::LinearImpl*>(each.get());
      if (layer == nullptr) continue;
      torch::nn::init::normal_(layer->weight, 0, kDeviation);
      torch::nn::init::zeros_(layer->bias);
    }
    torch::nn::init::normal_(pos_embed_, 0, kDeviation);
    torch::nn::init::normal_(cls_token_, 0, 1e-6);
  }

  std::vector<std::int64_t> size_;
  bool rescale_;
  torch::Tensor cls_token_, pos_embed_;
  PatchEmbed patch_embed_{nullptr};
  torch::nn::Sequential blocks_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear head_{nullptr};
};

}  // namespace

void VitConfig::fields(FieldVisitor& visit) {
  visit.field("flavour", flavour, {"timm", "keras_cv"});
  visit.field("image_size", image_size, at_least(1));
  visit.field("patch", patch, at_least(1));
  visit.field("width", width, at_least(1));
  visit.field("depth", depth, at_least(1));
  visit.field("heads", heads, at_least(1));
}

void VitConfig::validate() const {
  check_image_size(image_size, patch);
  if (width % heads != 0) {
    throw ConfigError("width is " + std::to_string(width) + "; it must be a multiple of heads, " +
                      std::to_string(heads));
  }
}

std::shared_ptr<Model> make_vit(const VitConfig& config, const ModelShape& shape) {
  return std::make_shared<Vit>(config, shape);
}

}  // namespace nadir
