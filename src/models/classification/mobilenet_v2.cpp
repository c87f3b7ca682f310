#include "models/classification/mobilenet_v2.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/padding.h"
#include "models/blocks/stack.h"

namespace nadir {
namespace {

Stack unit(std::int64_t in, std::int64_t out, const ConvShape& shape) {
  return Stack(conv(in, out, shape), batch_norm(out), torch::nn::ReLU6(torch::nn::ReLU6Options(true)));
}

class InvertedResidualImpl : public torch::nn::Module {
 public:
  InvertedResidualImpl(std::int64_t in, std::int64_t out, std::int64_t stride, std::int64_t expansion)
      : shortcut_(stride == 1 && in == out) {
    const std::int64_t middle = in * expansion;
    conv_ = torch::nn::Sequential();
    if (expansion != 1) conv_->push_back(unit(in, middle, {.kernel = 1}));
    conv_->push_back(unit(middle, middle, {.stride = stride, .groups = middle}));
    conv_->push_back(conv(middle, out, {.kernel = 1}));
    conv_->push_back(batch_norm(out));
    register_module("conv", conv_);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return shortcut_ ? x + conv_->forward(x) : conv_->forward(x);
  }

 private:
  bool shortcut_;
  torch::nn::Sequential conv_{nullptr};
};
TORCH_MODULE(InvertedResidual);

torch::nn::Sequential make_features(std::int64_t bands) {
  struct Stage {
    std::int64_t expansion, channels, repeats, stride;
  };
  torch::nn::Sequential features(unit(bands, 32, {.stride = 2}));
  std::int64_t in = 32;
  for (const Stage& stage : {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2}, Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2},
                             Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}}) {
    for (std::int64_t i = 0; i < stage.repeats; ++i) {
      features->push_back(InvertedResidual(in, stage.channels, i == 0 ? stage.stride : 1, stage.expansion));
      in = stage.channels;
    }
  }
  features->push_back(unit(in, 1280, {.kernel = 1}));
  return features;
}

class MobilenetV2 final : public Model {
 public:
  MobilenetV2(const MobilenetV2Config& config, const ModelShape& shape) {
    features_ = register_module("features", make_features(shape.bands));
    const torch::nn::Linear last(1280, shape.classes);
    classifier_ =
        register_module("classifier", torch::nn::Sequential(torch::nn::Dropout(config.dropout), last));
    for (const auto& each : modules(/*include_self=*/false)) {
      auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
      if (layer) torch::nn::init::kaiming_normal_(layer->weight, 0, torch::kFanOut);
    }
    torch::nn::init::normal_(last->weight, 0, 0.01);
    torch::nn::init::zeros_(last->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    return {full_precision(classifier_->forward(features_->forward(image).mean({2, 3}))), {}};
  }

 private:
  torch::nn::Sequential features_{nullptr}, classifier_{nullptr};
};

}  // namespace

void MobilenetV2Config::fields(FieldVisitor& visit) { visit.field("dropout", dropout, from_below(0, 1)); }

std::shared_ptr<Model> make_mobilenet_v2(const MobilenetV2Config& config, const ModelShape& shape) {
  return std::make_shared<MobilenetV2>(config, shape);
}

}  // namespace nadir
