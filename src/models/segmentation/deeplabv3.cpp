#include "models/segmentation/deeplabv3.h"

#include <torch/nn.h>

#include "models/blocks/atrous_pyramid.h"
#include "models/blocks/conv.h"
#include "models/blocks/padding.h"
#include "models/blocks/stack.h"
#include "models/segmentation/encoder_decoder.h"

namespace nadir {
namespace {

constexpr std::int64_t kChannels = AtrousPyramidImpl::kChannels;

// torchvision's.
class Deeplabv3 final : public Model {
 public:
  Deeplabv3(const Deeplabv3Config& config, const ModelShape& shape) {
    const EncoderShape encoder{.bands = shape.bands, .output_stride = 8, .dilation = Dilation::kAfterFirst};
    backbone_ = register_module("backbone", make_encoder(config.encoder, encoder));
    classifier_ = register_module(
        "classifier",
        Stack(AtrousPyramid(PyramidShape{.in = backbone_->channels().back(), .dropout = config.dropout}),
              conv(kChannels, kChannels), batch_norm(kChannels),
              torch::nn::ReLU(torch::nn::ReLUOptions(true)),
              conv(kChannels, shape.classes, {.kernel = 1, .bias = true})));
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const torch::Tensor logits = full_precision(classifier_->forward(backbone_->forward(image).back()));
    return {torch::upsample_bilinear2d(logits, image.sizes().slice(2), /*align_corners=*/false), {}};
  }

 private:
  std::shared_ptr<Encoder> backbone_;
  Stack classifier_{nullptr};
};

// segmentation_models.pytorch's.
class Deeplabv3Decoder final : public Decoder {
 public:
  Deeplabv3Decoder(std::int64_t in, double dropout) {
    aspp_ = register_module("aspp", AtrousPyramid(PyramidShape{.in = in, .dropout = dropout}));
    conv_ = register_module("conv", conv(kChannels, kChannels));
    bn_ = register_module("bn", batch_norm(kChannels));
  }
  torch::Tensor forward(const std::vector<torch::Tensor>& maps) override {
    return norm_relu(bn_, conv_(aspp_(maps.back())));
  }
  std::int64_t channels() const override { return kChannels; }

 private:
  AtrousPyramid aspp_{nullptr};
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::BatchNorm2d bn_{nullptr};
};

bool is_torchvision(const Deeplabv3Config& config) {
  if (config.flavour != "auto") return config.flavour == "torchvision";
  return config.encoder == "resnet50" || config.encoder == "resnet101";
}

}  // namespace

void Deeplabv3Config::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder);
  visit.field("flavour", flavour, {"auto", "torchvision", "smp"});
  visit.field("dropout", dropout, from_below(0, 1));
}

void Deeplabv3Config::validate() const {
  check_encoder("deeplabv3", encoder, EncoderNeed::kDilation);
  if (flavour != "torchvision" || encoder == "resnet50" || encoder == "resnet101") return;
  throw ConfigError("encoder " + encoder +
                    " has no deeplabv3 of flavour torchvision; take resnet50 or resnet101, or flavour smp");
}

std::shared_ptr<Model> make_deeplabv3(const Deeplabv3Config& config, const ModelShape& shape) {
  if (is_torchvision(config)) return std::make_shared<Deeplabv3>(config, shape);
  const auto encoder = make_encoder(config.encoder, {.bands = shape.bands, .output_stride = 8});
  const auto decoder = std::make_shared<Deeplabv3Decoder>(encoder->channels().back(), config.dropout);
  return join(encoder, decoder, {.kernel = 1, .enlarge = 8, .xavier = false}, shape.classes);
}

}  // namespace nadir
