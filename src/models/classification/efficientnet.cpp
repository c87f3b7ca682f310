#include "models/classification/efficientnet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/efficientnet_scale.h"
#include "models/blocks/padding.h"
#include "models/blocks/stack.h"

namespace nadir {
namespace {

class SqueezeExciteImpl : public torch::nn::Module {
 public:
  SqueezeExciteImpl(std::int64_t channels, std::int64_t squeezed) {
    reduce_ = register_module("conv_reduce", conv(channels, squeezed, {.kernel = 1, .bias = true}));
    expand_ = register_module("conv_expand", conv(squeezed, channels, {.kernel = 1, .bias = true}));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return x * expand_(torch::silu(reduce_(x.mean({2, 3}, /*keepdim=*/true)))).sigmoid();
  }

 private:
  torch::nn::Conv2d reduce_{nullptr}, expand_{nullptr};
};
TORCH_MODULE(SqueezeExcite);

struct BlockShape {
  std::int64_t in, out, kernel, stride;
};

// Without expansion: the first stage.
class DepthwiseBlockImpl : public torch::nn::Module {
 public:
  explicit DepthwiseBlockImpl(const BlockShape& s) : shortcut_(s.stride == 1 && s.in == s.out) {
    dw_ = register_module("conv_dw",
                          conv(s.in, s.in, {.kernel = s.kernel, .stride = s.stride, .groups = s.in}));
    bn1_ = register_module("bn1", batch_norm(s.in));
    se_ = register_module("se", SqueezeExcite(s.in, s.in / 4));
    pw_ = register_module("conv_pw", conv(s.in, s.out, {.kernel = 1}));
    bn2_ = register_module("bn2", batch_norm(s.out));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = bn2_(pw_(se_(torch::silu(bn1_(dw_(x))))));
    return shortcut_ ? y + x : y;
  }

 private:
  bool shortcut_;
  torch::nn::Conv2d dw_{nullptr}, pw_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
  SqueezeExcite se_{nullptr};
};
TORCH_MODULE(DepthwiseBlock);

class InvertedBlockImpl : public torch::nn::Module {
 public:
  explicit InvertedBlockImpl(const BlockShape& s) : shortcut_(s.stride == 1 && s.in == s.out) {
    const std::int64_t m = 6 * s.in;
    pw_ = register_module("conv_pw", conv(s.in, m, {.kernel = 1}));
    bn1_ = register_module("bn1", batch_norm(m));
    dw_ = register_module("conv_dw", conv(m, m, {.kernel = s.kernel, .stride = s.stride, .groups = m}));
    bn2_ = register_module("bn2", batch_norm(m));
    se_ = register_module("se", SqueezeExcite(m, s.in / 4));
    pwl_ = register_module("conv_pwl", conv(m, s.out, {.kernel = 1}));
    bn3_ = register_module("bn3", batch_norm(s.out));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = torch::silu(bn1_(pw_(x)));
    y = bn3_(pwl_(se_(torch::silu(bn2_(dw_(y))))));
    return shortcut_ ? y + x : y;
  }

 private:
  bool shortcut_;
  torch::nn::Conv2d pw_{nullptr}, dw_{nullptr}, pwl_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
  SqueezeExcite se_{nullptr};
};
TORCH_MODULE(InvertedBlock);

struct Blocks {
  torch::nn::Sequential stages;
  std::int64_t channels = 0;  // that come out
};

Blocks make_blocks(const EfficientnetScale& scale) {
  Blocks made{{}, scale.channels(32)};
  for (const EfficientnetStage& stage : kEfficientnetStages) {
    Stack blocks;
    const std::int64_t out = scale.channels(stage.channels);
    for (std::int64_t i = 0; i < scale.repeats(stage.repeats); ++i) {
      const BlockShape shape{made.channels, out, stage.kernel, i == 0 ? stage.stride : 1};
      if (stage.expansion == 1) {
        blocks->push_back(DepthwiseBlock(shape));
      } else {
        blocks->push_back(InvertedBlock(shape));
      }
      made.channels = out;
    }
    made.stages->push_back(blocks);
  }
  return made;
}

class Efficientnet final : public Model {
 public:
  Efficientnet(const EfficientnetConfig& config, const ModelShape& shape) {
    const EfficientnetScale scale(config.variant);
    const std::int64_t first = scale.channels(32), last = scale.channels(1280);
    stem_ = register_module("conv_stem", conv(shape.bands, first, {.stride = 2}));
    bn1_ = register_module("bn1", batch_norm(first));
    const Blocks blocks = make_blocks(scale);
    blocks_ = register_module("blocks", blocks.stages);
    head_ = register_module("conv_head", conv(blocks.channels, last, {.kernel = 1}));
    bn2_ = register_module("bn2", batch_norm(last));
    classifier_ = register_module("classifier", torch::nn::Linear(last, shape.classes));
    drop_ = register_module("drop", torch::nn::Dropout(config.dropout));
    init();
  }

  ModelOutput forward(const torch::Tensor& image) override {
    torch::Tensor x = torch::silu(bn1_(stem_(image)));
    x = torch::silu(bn2_(head_(blocks_->forward(x))));
    return {full_precision(classifier_(drop_(x.mean({2, 3})))), {}};
  }

 private:
  void init() {
    for (const auto& each : modules(/*include_self=*/false)) {
      auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
      if (layer == nullptr) continue;
      const double fan_out = static_cast<double>(layer->weight.size(0) * layer->weight[0][0].numel()) /
                             static_cast<double>(layer->options.groups());
      torch::nn::init::normal_(layer->weight, 0, std::sqrt(2 / fan_out));
      if (layer->bias.defined()) torch::nn::init::zeros_(layer->bias);
    }
    const double limit = 1 / std::sqrt(static_cast<double>(classifier_->options.out_features()));
    torch::nn::init::uniform_(classifier_->weight, -limit, limit);
    torch::nn::init::zeros_(classifier_->bias);
  }

  torch::nn::Conv2d stem_{nullptr}, head_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
  torch::nn::Sequential blocks_{nullptr};
  torch::nn::Linear classifier_{nullptr};
  torch::nn::Dropout drop_{nullptr};
};

}  // namespace

void EfficientnetConfig::fields(FieldVisitor& visit) {
  visit.field("variant", variant, {"b0", "b1", "b2", "b3", "b4"});
  visit.field("dropout", dropout, from_below(0, 1));
}

std::shared_ptr<Model> make_efficientnet(const EfficientnetConfig& config, const ModelShape& shape) {
  return std::make_shared<Efficientnet>(config, shape);
}

}  // namespace nadir
