#include "models/classification/vit_scratch.h"

#include <torch/nn.h>

#include "models/blocks/activation.h"
#include "models/blocks/attention.h"
#include "models/blocks/init.h"
#include "models/blocks/linear.h"
#include "models/blocks/padding.h"
#include "models/blocks/token_grid.h"
#include "models/blocks/token_norm.h"

namespace nadir {
namespace {

torch::nn::LayerNorm layer_norm(std::int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(1e-6));
}

// Keras's Normalization: statistics that are set before training, by default those that change nothing.
class InputNormImpl : public torch::nn::Module {
 public:
  explicit InputNormImpl(std::int64_t bands) {
    mean_ = register_buffer("running_mean", torch::zeros({bands}));
    variance_ = register_buffer("running_var", torch::ones({bands}));
    register_buffer("count", torch::zeros({}));
  }
  torch::Tensor forward(const torch::Tensor& image) {
    const auto per_band = [](const torch::Tensor& values) { return values.reshape({1, -1, 1, 1}); };
    return (image - per_band(mean_)) / per_band(variance_.sqrt().clamp_min(1e-7));
  }

 private:
  torch::Tensor mean_, variance_;
};
TORCH_MODULE(InputNorm);

class AttentionImpl : public torch::nn::Module {
 public:
  AttentionImpl(std::int64_t width, std::int64_t heads, double dropout) : heads_(heads) {
    query_ = register_module("query", Linear(width, heads * width));
    key_ = register_module("key", Linear(width, heads * width));
    value_ = register_module("value", Linear(width, heads * width));
    output_ = register_module("output", Linear(heads * width, width));
    drop_ = register_module("dropout", torch::nn::Dropout(dropout));
  }
  // Keras keeps the kernels in three dimensions, and takes the fans from those.
  void init() {
    const torch::NoGradGuard no_grad;
    const double width = static_cast<double>(output_->options.out_features()),
                 heads = static_cast<double>(heads_);
    const double inner = std::sqrt(6 / (width * (heads + width))), outer = std::sqrt(6 / (heads * 2 * width));
    for (Linear* each : {&query_, &key_, &value_}) (*each)->weight.uniform_(-inner, inner);
    output_->weight.uniform_(-outer, outer);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return output_(attend(query_(x), key_(x), value_(x), heads_, drop_rate(drop_)));
  }

 private:
  std::int64_t heads_;
  Linear query_{nullptr}, key_{nullptr}, value_{nullptr}, output_{nullptr};
  torch::nn::Dropout drop_{nullptr};
};
TORCH_MODULE(Attention);

class BlockImpl : public torch::nn::Module {
 public:
  explicit BlockImpl(const VitScratchConfig& config) {
    norm1_ = register_module("norm1", layer_norm(config.width));
    norm2_ = register_module("norm2", layer_norm(config.width));
    attention_ =
        register_module("attention", Attention(config.width, config.heads, config.attention_dropout));
    mlp1_ = register_module("mlp1", Linear(config.width, 2 * config.width));
    mlp2_ = register_module("mlp2", Linear(2 * config.width, config.width));
    drop_ = register_module("dropout", torch::nn::Dropout(config.mlp_dropout));
  }
  void init() { attention_->init(); }
  torch::Tensor forward(const torch::Tensor& x) {
    const NormedSum y = sum_norm(norm2_, x, attention_(sum_norm(norm1_, x).normed));
    const double dropout = drop_rate(drop_);
    const torch::Tensor wide = activate(Activation::kGelu, mlp1_(y.normed), dropout);
    return activate(Activation::kGelu, mlp2_(wide), dropout) + y.sum;
  }

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  Attention attention_{nullptr};
  Linear mlp1_{nullptr}, mlp2_{nullptr};
  torch::nn::Dropout drop_{nullptr};
};
TORCH_MODULE(Block);

class VitScratch final : public Model, public PatchTokens {
 public:
  VitScratch(const VitScratchConfig& config, const ModelShape& shape)
      : size_(config.image_size), patch_(config.patch) {
    const std::int64_t tokens = (size_[0] / patch_) * (size_[1] / patch_);
    positions_ =
        register_buffer("position_embedding", torch::empty({tokens, config.width}).uniform_(-0.05, 0.05));
    normalization_ = register_module("normalization", InputNorm(shape.bands));
    projection_ = register_module("projection", Linear(shape.bands * patch_ * patch_, config.width));
    blocks_ = register_module("blocks", torch::nn::Sequential());
    for (std::int64_t i = 0; i < config.depth; ++i) blocks_->push_back(Block(config));
    norm_ = register_module("norm", layer_norm(config.width));
    head1_ = register_module("head1", Linear(tokens * config.width, 2048));
    head2_ = register_module("head2", Linear(2048, 1024));
    head3_ = register_module("head3", Linear(1024, shape.classes));
    drop_ = register_module("dropout", torch::nn::Dropout(config.head_dropout));
    init_keras(*this, KerasInit::kGlorotUniform);
    for (std::size_t i = 0; i < blocks_->size(); ++i) blocks_[i]->as<Block>()->init();
  }

  ModelOutput forward(const torch::Tensor& image) override {
    require_size("vit_scratch", image, size_);
    torch::Tensor x = projection_(patches(normalization_(image))) + positions_;
    x = norm_(blocks_->forward(x)).flatten(1);
    const double dropout = drop_rate(drop_);
    x = activate(Activation::kNone, x, dropout);
    x = activate(Activation::kGelu, head1_(x), dropout);
    x = activate(Activation::kGelu, head2_(x), dropout);
    return {full_precision(head3_(x)), {}};
  }
  TokenGrid token_grid() const override {
    return {size_[0] / patch_, size_[1] / patch_, 0, "position_embedding"};
  }

 private:
  // [N, C, H, W] -> [N, T, patch * patch * C]: row by row, in a patch row, column, band.
  torch::Tensor patches(const torch::Tensor& image) const {
    const std::int64_t n = image.size(0), rows = size_[0] / patch_, columns = size_[1] / patch_;
    return image.reshape({n, image.size(1), rows, patch_, columns, patch_})
        .permute({0, 2, 4, 3, 5, 1})
        .reshape({n, rows * columns, -1});
  }

  std::vector<std::int64_t> size_;
  std::int64_t patch_;
  torch::Tensor positions_;
  InputNorm normalization_{nullptr};
  Linear projection_{nullptr}, head1_{nullptr}, head2_{nullptr}, head3_{nullptr};
  torch::nn::Sequential blocks_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Dropout drop_{nullptr};
};

}  // namespace

void VitScratchConfig::fields(FieldVisitor& visit) {
  visit.field("image_size", image_size, at_least(1));
  visit.field("patch", patch, at_least(1));
  visit.field("width", width, at_least(1));
  visit.field("depth", depth, at_least(1));
  visit.field("heads", heads, at_least(1));
  visit.field("attention_dropout", attention_dropout, from_below(0, 1));
  visit.field("mlp_dropout", mlp_dropout, from_below(0, 1));
  visit.field("head_dropout", head_dropout, from_below(0, 1));
}

void VitScratchConfig::validate() const { check_image_size(image_size, patch); }

std::shared_ptr<Model> make_vit_scratch(const VitScratchConfig& config, const ModelShape& shape) {
  return std::make_shared<VitScratch>(config, shape);
}

}  // namespace nadir
