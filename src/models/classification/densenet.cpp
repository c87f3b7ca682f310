#include "models/classification/densenet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/padding.h"
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

Stack transition(std::int64_t in) {
  Stack layers;
  layers->push_back("norm", batch_norm(in));
  layers->push_back("relu", relu());
  layers->push_back("conv", conv(in, in / 2, {.kernel = 1}));
  layers->push_back("pool", torch::nn::AvgPool2d(2));
  return layers;
}

struct Features {
  torch::nn::Sequential layers;
  std::int64_t channels = 64;  // that come out
};

Features make_features(std::int64_t bands, const std::vector<std::int64_t>& blocks) {
  Features made;
  made.layers->push_back("conv0", conv(bands, made.channels, {.kernel = 7, .stride = 2}));
  made.layers->push_back("norm0", batch_norm(made.channels));
  made.layers->push_back("relu0", relu());
  made.layers->push_back("pool0", torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2).padding(1)));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Stack block;
    for (std::int64_t layer = 1; layer <= blocks[i]; ++layer) {
      block->push_back("denselayer" + std::to_string(layer), DenseLayer(made.channels));
      made.channels += kGrowth;
    }
    const std::string number = std::to_string(i + 1);
    made.layers->push_back("denseblock" + number, block);
    if (i + 1 == blocks.size()) break;
    made.layers->push_back("transition" + number, transition(made.channels));
    made.channels /= 2;
  }
  made.layers->push_back("norm5", batch_norm(made.channels));
  return made;
}

class Densenet final : public Model {
 public:
  Densenet(const DensenetConfig& config, const ModelShape& shape) {
    const bool small = config.depth == 121;
    const Features made = make_features(shape.bands, {6, 12, small ? 24 : 32, small ? 16 : 32});
    features_ = register_module("features", made.layers);
    classifier_ = register_module("classifier", torch::nn::Linear(made.channels, shape.classes));
    for (const auto& each : modules(/*include_self=*/false)) {
      auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
      if (layer) torch::nn::init::kaiming_normal_(layer->weight);
    }
    torch::nn::init::zeros_(classifier_->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    require_sides("densenet", image, 29);
    const torch::Tensor x = features_->forward(image).relu_();
    return {full_precision(classifier_(x.mean({2, 3}))), {}};
  }

 private:
  torch::nn::Sequential features_{nullptr};
  torch::nn::Linear classifier_{nullptr};
};

}  // namespace

void DensenetConfig::fields(FieldVisitor& visit) { visit.field("depth", depth); }

void DensenetConfig::validate() const {
  if (depth != 121 && depth != 169)
    throw ConfigError("depth is " + std::to_string(depth) + "; it is 121 or 169");
}

std::shared_ptr<Model> make_densenet(const DensenetConfig& config, const ModelShape& shape) {
  return std::make_shared<Densenet>(config, shape);
}

}  // namespace nadir
