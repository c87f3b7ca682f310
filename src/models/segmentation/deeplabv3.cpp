#include "models/segmentation/deeplabv3.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/padding.h"
#include "models/encoders/encoder.h"

namespace nadir {
namespace {

constexpr std::int64_t kChannels = 256;

torch::nn::ReLU relu() { return torch::nn::ReLU(torch::nn::ReLUOptions(true)); }

torch::nn::Sequential unit(std::int64_t in, const ConvShape& shape) {
  return torch::nn::Sequential(conv(in, kChannels, shape), batch_norm(kChannels), relu());
}

// Atrous spatial pyramid pooling: what surrounds a pixel, at five reaches.
class PyramidImpl : public torch::nn::Module {
 public:
  PyramidImpl(std::int64_t in, double dropout) {
    convs_ = register_module("convs", torch::nn::ModuleList());
    convs_->push_back(unit(in, {.kernel = 1}));
    for (const std::int64_t dilation : {12, 24, 36}) convs_->push_back(unit(in, {.dilation = dilation}));
    torch::nn::Sequential whole(torch::nn::AdaptiveAvgPool2d(1));
    whole->extend(*unit(in, {.kernel = 1}));
    convs_->push_back(whole);
    project_ = unit(5 * kChannels, {.kernel = 1});
    project_->push_back(torch::nn::Dropout(dropout));
    register_module("project", project_);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    std::vector<torch::Tensor> reaches;
    for (const auto& each : *convs_) reaches.push_back(each->as<torch::nn::Sequential>()->forward(x));
    reaches.back() = torch::upsample_bilinear2d(reaches.back(), x.sizes().slice(2), false);
    return project_->forward(torch::cat(reaches, 1));
  }

 private:
  torch::nn::ModuleList convs_{nullptr};
  torch::nn::Sequential project_{nullptr};
};
TORCH_MODULE(Pyramid);

class Deeplabv3 final : public Model {
 public:
  Deeplabv3(const Deeplabv3Config& config, const ModelShape& shape) {
    const EncoderShape encoder{.bands = shape.bands, .output_stride = 8, .dilation = Dilation::kAfterFirst};
    backbone_ = register_module("backbone", make_encoder(config.encoder, encoder));
    classifier_ = register_module(
        "classifier", torch::nn::Sequential(Pyramid(backbone_->channels().back(), config.dropout),
                                            conv(kChannels, kChannels), batch_norm(kChannels), relu(),
                                            conv(kChannels, shape.classes, {.kernel = 1, .bias = true})));
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const torch::Tensor logits = full_precision(classifier_->forward(backbone_->forward(image).back()));
    return {torch::upsample_bilinear2d(logits, image.sizes().slice(2), /*align_corners=*/false), {}};
  }

 private:
  std::shared_ptr<Encoder> backbone_;
  torch::nn::Sequential classifier_{nullptr};
};

}  // namespace

void Deeplabv3Config::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder, {"resnet50", "resnet101"});
  visit.field("dropout", dropout, from_below(0, 1));
}

std::shared_ptr<Model> make_deeplabv3(const Deeplabv3Config& config, const ModelShape& shape) {
  return std::make_shared<Deeplabv3>(config, shape);
}

}  // namespace nadir
