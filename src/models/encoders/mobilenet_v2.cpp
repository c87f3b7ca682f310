#include "models/encoders/mobilenet_v2.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
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
    conv_ = Stack();
    if (expansion != 1) conv_->push_back(unit(in, middle, {.kernel = 1}));
    conv_->push_back(unit(middle, middle, {.stride = stride, .groups = middle}));
    conv_->push_back(conv(middle, out, {.kernel = 1}));
    conv_->push_back(batch_norm(out));
    register_module("conv", conv_);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    if (!shortcut_) return conv_->forward(x);
    return conv_->join(x, {.inner = no_activation(), .factors = {}, .shortcut = x, .outer = no_activation()});
  }

 private:
  bool shortcut_;
  Stack conv_{nullptr};
};
TORCH_MODULE(InvertedResidual);

// Blocks that are the last of their size.
constexpr std::array<std::size_t, 5> kMaps = {1, 3, 6, 13, 18};

class MobilenetV2Encoder final : public Encoder {
 public:
  explicit MobilenetV2Encoder(const EncoderShape& shape) {
    features_ = register_module("features", make_mobilenet_v2_features(shape.bands));
    if (shape.output_stride <= 16) dilate(kMaps[3] + 1, kMaps[4] + 1, 32 / shape.output_stride);
    if (shape.output_stride <= 8) dilate(kMaps[2] + 1, kMaps[3] + 1, 2);
  }
  std::vector<torch::Tensor> forward(const torch::Tensor& image) override {
    std::vector<torch::Tensor> maps;
    torch::Tensor x = image;
    std::size_t index = 0;
    for (auto& layer : *features_) {
      x = layer.forward(x);
      if (index++ == kMaps[maps.size()]) maps.push_back(x);
    }
    return maps;
  }
  std::vector<std::int64_t> channels() const override { return {16, 24, 32, 96, kMobilenetV2Channels}; }
  std::string first_convolution() const override { return "features.0.0"; }

 private:
  void dilate(std::size_t from, std::size_t to, std::int64_t rate) {
    const auto layers = features_->children();
    for (std::size_t i = from; i < to; ++i) dilate_convolutions(*layers[i], rate);
  }
  torch::nn::Sequential features_{nullptr};
};

}  // namespace

torch::nn::Sequential make_mobilenet_v2_features(std::int64_t bands) {
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
  features->push_back(unit(in, kMobilenetV2Channels, {.kernel = 1}));
  for (const auto& each : features->modules(/*include_self=*/false)) {
    auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
    if (layer) torch::nn::init::kaiming_normal_(layer->weight, 0, torch::kFanOut);
  }
  return features;
}

std::shared_ptr<Encoder> make_mobilenet_v2_encoder(const EncoderShape& shape) {
  return std::make_shared<MobilenetV2Encoder>(shape);
}

}  // namespace nadir
