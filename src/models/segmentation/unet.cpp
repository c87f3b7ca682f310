#include "models/segmentation/unet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/norm_tail.h"
#include "models/blocks/padding.h"
#include "models/encoders/encoder.h"
#include "models/encoders/keras_resnet50.h"
#include "models/segmentation/encoder_unet.h"
#include "models/segmentation/keras_unet.h"
#include "models/segmentation/sm_unet.h"

namespace nadir {
namespace {

// Two times convolution, batch norm, ReLU.
class ConvBlockImpl : public torch::nn::Module {
 public:
  ConvBlockImpl(std::int64_t in, std::int64_t out, std::int64_t middle) {
    cn1_ = register_module("cn1", conv(in, middle));
    bn1_ = register_module("bn1", batch_norm(middle));
    cn2_ = register_module("cn2", conv(middle, out));
    bn2_ = register_module("bn2", batch_norm(out));
  }
  torch::Tensor forward(const torch::Tensor& x) { return norm_relu(bn2_, cn2_(norm_relu(bn1_, cn1_(x)))); }

 private:
  torch::nn::Conv2d cn1_{nullptr}, cn2_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
};
TORCH_MODULE(ConvBlock);

class DownImpl : public torch::nn::Module {
 public:
  DownImpl(std::int64_t in, std::int64_t out) : block_(register_module("block", ConvBlock(in, out, out))) {}
  torch::Tensor forward(const torch::Tensor& x) { return block_(torch::max_pool2d(x, 2)); }

 private:
  ConvBlock block_;
};
TORCH_MODULE(Down);

// Enlarges a map of `in` channels to the skip's size and joins them; the result has `out` channels.
class UpImpl : public torch::nn::Module {
 public:
  UpImpl(std::int64_t in, std::int64_t out, bool bilinear) : bilinear_(bilinear) {
    if (!bilinear) up_ = register_module("up", doubling_conv(in, in / 2));
    conv_ = register_module("conv", ConvBlock(in, out, bilinear ? in / 2 : out));
  }
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& skip) {
    const torch::Tensor up = bilinear_ ? torch::upsample_bilinear2d(x, skip.sizes().slice(2), true) : up_(x);
    return conv_(torch::cat({skip, up}, 1));
  }

 private:
  bool bilinear_;
  TransposedConv up_{nullptr};
  ConvBlock conv_{nullptr};
};
TORCH_MODULE(Up);

class Unet final : public Model {
 public:
  Unet(const UnetConfig& config, const ModelShape& shape) {
    const std::int64_t c = config.start;
    // Interpolation keeps the channels, so what is below must have as many as the skip.
    const std::int64_t keep = config.bilinear ? 2 : 1;
    inc_ = register_module("inc", ConvBlock(shape.bands, c, c));
    down1_ = register_module("down1", Down(c, 2 * c));
    down2_ = register_module("down2", Down(2 * c, 4 * c));
    down3_ = register_module("down3", Down(4 * c, 8 * c));
    down4_ = register_module("down4", Down(8 * c, 16 * c / keep));
    up1_ = register_module("up1", Up(16 * c, 8 * c / keep, config.bilinear));
    up2_ = register_module("up2", Up(8 * c, 4 * c / keep, config.bilinear));
    up3_ = register_module("up3", Up(4 * c, 2 * c / keep, config.bilinear));
    up4_ = register_module("up4", Up(2 * c, c, config.bilinear));
    outc_ = register_module("outc", conv(c, shape.classes, {.kernel = 1, .bias = true}));
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const PaddedImage padded(image, 16);
    const torch::Tensor x1 = inc_(padded.image());
    const torch::Tensor x2 = down1_(x1);
    const torch::Tensor x3 = down2_(x2);
    const torch::Tensor x4 = down3_(x3);
    torch::Tensor x = up1_(down4_(x4), x4);
    x = up2_(x, x3);
    x = up3_(x, x2);
    x = up4_(x, x1);
    return {padded.crop(outc_(x)), {}};
  }

 private:
  ConvBlock inc_{nullptr};
  Down down1_{nullptr}, down2_{nullptr}, down3_{nullptr}, down4_{nullptr};
  Up up1_{nullptr}, up2_{nullptr}, up3_{nullptr}, up4_{nullptr};
  torch::nn::Conv2d outc_{nullptr};
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

void UnetConfig::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder);
  visit.field("start", start, at_least(1));
  visit.field("bilinear", bilinear);
}

void UnetConfig::validate() const {
  std::vector<std::string> others = {"none", kKerasResnet50};
  for (const std::string& each : sm_encoder_names()) others.push_back(each);
  check_encoder("unet", encoder, EncoderNeed::kNone, others);
}

std::shared_ptr<Model> make_unet(const UnetConfig& config, const ModelShape& shape) {
  if (config.encoder == "none") return std::make_shared<Unet>(config, shape);
  if (config.encoder == kKerasResnet50) return make_keras_resnet50_unet(shape);
  if (contains(sm_encoder_names(), config.encoder)) return make_sm_unet(config.encoder, shape);
  return make_encoder_unet(config.encoder, shape);
}

}  // namespace nadir
