#include "models/classification/resnetv2.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/padding.h"

namespace nadir {
namespace {

// A module whose only child is a convolution called `name`.
class WrappedConvImpl : public torch::nn::Module {
 public:
  WrappedConvImpl(const std::string& name, const torch::nn::Conv2d& made)
      : conv_(register_module(name, made)) {}
  torch::Tensor forward(const torch::Tensor& x) { return conv_(x); }

 private:
  torch::nn::Conv2d conv_;
};
TORCH_MODULE(WrappedConv);

class BlockImpl : public torch::nn::Module {
 public:
  BlockImpl(std::int64_t in, std::int64_t out, std::int64_t stride) {
    const std::int64_t m = out / 4;
    if (stride != 1 || in != out) {
      const auto made = conv(in, out, {.kernel = 1, .stride = stride});
      downsample_ = register_module("downsample", WrappedConv("conv", made));
    }
    norm1_ = register_module("norm1", batch_norm(in));
    conv1_ = register_module("conv1", conv(in, m, {.kernel = 1}));
    norm2_ = register_module("norm2", batch_norm(m));
    conv2_ = register_module("conv2", conv(m, m, {.stride = stride}));
    norm3_ = register_module("norm3", batch_norm(m));
    conv3_ = register_module("conv3", conv(m, out, {.kernel = 1}));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor activated = norm1_(x).relu_();
    const torch::Tensor shortcut = downsample_ ? downsample_(activated) : x;
    const torch::Tensor y = conv2_(norm2_(conv1_(activated)).relu_());
    return conv3_(norm3_(y).relu_()) + shortcut;
  }

 private:
  WrappedConv downsample_{nullptr};
  torch::nn::BatchNorm2d norm1_{nullptr}, norm2_{nullptr}, norm3_{nullptr};
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
};
TORCH_MODULE(Block);

class StageImpl : public torch::nn::Module {
 public:
  StageImpl(std::int64_t in, std::int64_t out, std::int64_t blocks, std::int64_t stride) {
    blocks_ = register_module("blocks", torch::nn::Sequential(Block(in, out, stride)));
    for (std::int64_t i = 1; i < blocks; ++i) blocks_->push_back(Block(out, out, 1));
  }
  torch::Tensor forward(const torch::Tensor& x) { return blocks_->forward(x); }

 private:
  torch::nn::Sequential blocks_{nullptr};
};
TORCH_MODULE(Stage);

class Resnetv2 final : public Model {
 public:
  Resnetv2(const Resnetv2Config& config, const ModelShape& shape) {
    const auto first = conv(shape.bands, 64, {.kernel = 7, .stride = 2});
    stem_ = register_module("stem", WrappedConv("conv", first));
    stages_ = register_module("stages", torch::nn::Sequential());
    std::int64_t in = 64;
    for (const std::int64_t blocks : {3, 4, config.depth == 50 ? 6 : 23, 3}) {
      const std::int64_t out = stages_->is_empty() ? 256 : 2 * in;
      stages_->push_back(Stage(in, out, blocks, stages_->is_empty() ? 1 : 2));
      in = out;
    }
    norm_ = register_module("norm", batch_norm(in));
    const auto last = conv(in, shape.classes, {.kernel = 1, .bias = true});
    head_ = register_module("head", WrappedConv("fc", last));
    for (const auto& each : modules(/*include_self=*/false)) {
      auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
      if (layer) torch::nn::init::kaiming_normal_(layer->weight, 0, torch::kFanOut, torch::kReLU);
    }
    torch::nn::init::normal_(last->weight, 0, 0.01);
    torch::nn::init::zeros_(last->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const torch::Tensor x = norm_(stages_->forward(torch::max_pool2d(stem_(image), 3, 2, 1))).relu_();
    return {full_precision(head_(x.mean({2, 3}, /*keepdim=*/true)).flatten(1)), {}};
  }

 private:
  WrappedConv stem_{nullptr}, head_{nullptr};
  torch::nn::Sequential stages_{nullptr};
  torch::nn::BatchNorm2d norm_{nullptr};
};

}  // namespace

void Resnetv2Config::fields(FieldVisitor& visit) { visit.field("depth", depth); }

void Resnetv2Config::validate() const {
  if (depth != 50 && depth != 101)
    throw ConfigError("depth is " + std::to_string(depth) + "; it is 50 or 101");
}

std::shared_ptr<Model> make_resnetv2(const Resnetv2Config& config, const ModelShape& shape) {
  return std::make_shared<Resnetv2>(config, shape);
}

}  // namespace nadir
