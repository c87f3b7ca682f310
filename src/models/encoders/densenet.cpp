#include "models/encoders/densenet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/stack.h"

namespace nadir {
namespace {

constexpr std::int64_t kGrowth = 32;  // channels that a layer adds

class DenseLayerImpl : public torch::nn::Module {
 public:
  explicit DenseLayerImpl(std::int64_t in) {
    constexpr std::int64_t kMiddle = 4 * kGrowth;
    norm1_ = register_module("norm1", batch_norm(in));
    conv1_ = register_module("conv1", conv(in, kMiddle, {.kernel = 1}));
    norm2_ = register_module("norm2", batch_norm(kMiddle));
    conv2_ = register_module("conv2", conv(kMiddle, kGrowth));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = conv2_(norm2_(conv1_(norm1_(x).relu_())).relu_());
    return torch::cat({x, y}, 1);
  }

 private:
  torch::nn::BatchNorm2d norm1_{nullptr}, norm2_{nullptr};
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
};
TORCH_MODULE(DenseLayer);

torch::nn::ReLU relu() { return torch::nn::ReLU(torch::nn::ReLUOptions(true)); }

class TransitionImpl : public torch::nn::Module {
 public:
  explicit TransitionImpl(std::int64_t in) {
    norm_ = register_module("norm", batch_norm(in));
    conv_ = register_module("conv", conv(in, in / 2, {.kernel = 1}));
  }
  torch::Tensor activate(const torch::Tensor& x) { return norm_(x).relu_(); }
  torch::Tensor halve(const torch::Tensor& activated) { return torch::avg_pool2d(conv_(activated), 2); }
  torch::Tensor forward(const torch::Tensor& x) { return halve(activate(x)); }

 private:
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::Conv2d conv_{nullptr};
};
TORCH_MODULE(Transition);

class DensenetEncoder final : public Encoder {
 public:
  DensenetEncoder(std::int64_t depth, std::int64_t bands) {
    DensenetFeatures made = make_densenet_features(depth, bands);
    channels_ = std::move(made.channels);
    features_ = register_module("features", made.layers);
  }
  std::vector<torch::Tensor> forward(const torch::Tensor& image) override {
    std::vector<torch::Tensor> maps;
    torch::Tensor x = image;
    std::size_t index = 0;
    for (const auto& child : features_->named_children()) {
      if (const auto transition = std::dynamic_pointer_cast<TransitionImpl>(child.value())) {
        maps.push_back(transition->activate(x));
        x = transition->halve(maps.back());
      } else {
        x = (features_->begin() + static_cast<std::ptrdiff_t>(index))->forward(x);
        if (child.key() == "relu0" || child.key() == "norm5") maps.push_back(x);
      }
      ++index;
    }
    return maps;
  }
  std::vector<std::int64_t> channels() const override { return channels_; }
  std::string first_convolution() const override { return "features.conv0"; }

 private:
  torch::nn::Sequential features_{nullptr};
  std::vector<std::int64_t> channels_;
};

}  // namespace

DensenetFeatures make_densenet_features(std::int64_t depth, std::int64_t bands) {
  const bool small = depth == 121;
  const std::vector<std::int64_t> blocks = {6, 12, small ? 24 : 32, small ? 16 : 32};
  std::int64_t channels = 64;
  DensenetFeatures made{{}, {channels}};
  made.layers->push_back("conv0", conv(bands, channels, {.kernel = 7, .stride = 2}));
  made.layers->push_back("norm0", batch_norm(channels));
  made.layers->push_back("relu0", relu());
  made.layers->push_back("pool0", torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2).padding(1)));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Stack block;
    for (std::int64_t layer = 1; layer <= blocks[i]; ++layer) {
      block->push_back("denselayer" + std::to_string(layer), DenseLayer(channels));
      channels += kGrowth;
    }
    const std::string number = std::to_string(i + 1);
    made.layers->push_back("denseblock" + number, block);
    made.channels.push_back(channels);
    if (i + 1 == blocks.size()) break;
    made.layers->push_back("transition" + number, Transition(channels));
    channels /= 2;
  }
  made.layers->push_back("norm5", batch_norm(channels));
  for (const auto& each : made.layers->modules(/*include_self=*/false)) {
    auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
    if (layer) torch::nn::init::kaiming_normal_(layer->weight);
  }
  return made;
}

std::shared_ptr<Encoder> make_densenet_encoder(std::int64_t depth, const EncoderShape& shape) {
  return std::make_shared<DensenetEncoder>(depth, shape.bands);
}

}  // namespace nadir
