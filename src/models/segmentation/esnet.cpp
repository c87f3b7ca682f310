#include "models/segmentation/esnet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/map_type.h"
#include "models/blocks/norm_tail.h"
#include "models/blocks/padding.h"

namespace nadir {
namespace {

constexpr NormFlavour kNorm{.eps = 1e-3, .momentum = 0.1};

class DownscaleImpl : public torch::nn::Module {
 public:
  DownscaleImpl(std::int64_t in, std::int64_t out) {
    conv_ = register_module("conv", conv(in, out - in, {.stride = 2, .bias = true}));
    bn_ = register_module("bn", batch_norm(out, kNorm));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor made = conv_(x);
    return norm_relu(bn_, torch::cat({made, in_type_of(made, torch::max_pool2d(x, 2))}, 1));
  }

 private:
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::BatchNorm2d bn_{nullptr};
};
TORCH_MODULE(Downscale);

// Factorised convolution unit: two pairs of k x 1 and 1 x k convolutions around a shortcut.
class FcuImpl : public torch::nn::Module {
 public:
  FcuImpl(std::int64_t channels, std::int64_t k, double dropout) {
    tall1_ = register_module("conv3x1_1", strip_conv(channels, {k, 1}, {.bias = true}));
    wide1_ = register_module("conv1x3_1", strip_conv(channels, {1, k}, {.bias = true}));
    bn1_ = register_module("bn1", batch_norm(channels, kNorm));
    tall2_ = register_module("conv3x1_2", strip_conv(channels, {k, 1}, {.bias = true}));
    wide2_ = register_module("conv1x3_2", strip_conv(channels, {1, k}, {.bias = true}));
    bn2_ = register_module("bn2", batch_norm(channels, kNorm));
    drop_ = register_module("dropout", torch::nn::Dropout2d(dropout));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = norm_relu(bn1_, wide1_(tall1_(x).relu_()));
    const torch::Tensor z = wide2_(tall2_(y).relu_());
    return norm_tail(bn2_, z, {.factors = drop_factors(drop_, z), .shortcut = x, .outer = relu_activation()});
  }

 private:
  torch::nn::Conv2d tall1_{nullptr}, wide1_{nullptr}, tall2_{nullptr}, wide2_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
  torch::nn::Dropout2d drop_{nullptr};
};
TORCH_MODULE(Fcu);

// The parallel unit: three dilated branches whose sum joins the shortcut. One batch norm serves all three,
// and learns its statistics from each in turn.
class PfcuImpl : public torch::nn::Module {
 public:
  PfcuImpl(std::int64_t channels, double dropout) {
    tall_ = register_module("conv3x1_1", strip_conv(channels, {3, 1}, {.bias = true}));
    wide_ = register_module("conv1x3_1", strip_conv(channels, {1, 3}, {.bias = true}));
    bn1_ = register_module("bn1", batch_norm(channels, kNorm));
    for (const std::int64_t d : {2, 5, 9}) {
      const std::string name = "_2" + std::to_string(d);
      const ConvShape shape{.dilation = d, .bias = true};
      branches_.emplace_back(register_module("conv3x1" + name, strip_conv(channels, {3, 1}, shape)),
                             register_module("conv1x3" + name, strip_conv(channels, {1, 3}, shape)));
    }
    bn2_ = register_module("bn2", batch_norm(channels, kNorm));
    drop_ = register_module("dropout", torch::nn::Dropout2d(dropout));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = norm_relu(bn1_, wide_(tall_(x).relu_()));
    torch::Tensor sum = x;
    for (auto& [tall, wide] : branches_) {
      const torch::Tensor z = wide(tall(y).relu_());
      const bool last = &wide == &branches_.back().second;
      sum = norm_tail(bn2_, z,
                      {.factors = drop_factors(drop_, z),
                       .shortcut = sum,
                       .outer = last ? relu_activation() : no_activation()});
    }
    return sum;
  }

 private:
  torch::nn::Conv2d tall_{nullptr}, wide_{nullptr};
  std::vector<std::pair<torch::nn::Conv2d, torch::nn::Conv2d>> branches_;
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
  torch::nn::Dropout2d drop_{nullptr};
};
TORCH_MODULE(Pfcu);

class UpscaleImpl : public torch::nn::Module {
 public:
  UpscaleImpl(std::int64_t in, std::int64_t out) {
    conv_ = register_module(
        "conv",
        TransposedConv(torch::nn::ConvTranspose2dOptions(in, out, 3).stride(2).padding(1).output_padding(1)));
    bn_ = register_module("bn", batch_norm(out, kNorm));
  }
  torch::Tensor forward(const torch::Tensor& x) { return norm_relu(bn_, conv_(x)); }

 private:
  TransposedConv conv_{nullptr};
  torch::nn::BatchNorm2d bn_{nullptr};
};
TORCH_MODULE(Upscale);

torch::nn::Sequential encoder(const EsnetConfig& config, std::int64_t bands) {
  torch::nn::Sequential layers;
  layers->push_back("downscale1", Downscale(bands, 16));
  for (const char* name : {"FCU1_1", "FCU1_2", "FCU1_3"})
    layers->push_back(name, Fcu(16, 3, config.early_dropout));
  layers->push_back("downscale2", Downscale(16, 64));
  for (const char* name : {"FCU2_1", "FCU2_2"}) layers->push_back(name, Fcu(64, 5, config.early_dropout));
  layers->push_back("downscale3", Downscale(64, 128));
  for (const char* name : {"PFCU1_1", "PFCU1_2", "PFCU1_3"})
    layers->push_back(name, Pfcu(128, config.dropout));
  return layers;
}

torch::nn::Sequential decoder(std::int64_t classes) {
  torch::nn::Sequential layers;
  layers->push_back("upsample1", Upscale(128, 64));
  for (const char* name : {"FCU1_1", "FCU1_2"}) layers->push_back(name, Fcu(64, 5, 0.0));
  layers->push_back("upsample2", Upscale(64, 16));
  for (const char* name : {"FCU2_1", "FCU2_2"}) layers->push_back(name, Fcu(16, 3, 0.0));
  layers->push_back("pred", doubling_conv(16, classes));
  return layers;
}

class Esnet final : public Model {
 public:
  Esnet(const EsnetConfig& config, const ModelShape& shape) {
    if (shape.bands >= 16) {
      throw ConfigError("esnet takes at most 15 bands, found " + std::to_string(shape.bands) +
                        ": its first layer of 16 channels holds the bands themselves");
    }
    encoder_ = register_module("encoder", encoder(config, shape.bands));
    decoder_ = register_module("decoder", decoder(shape.classes));
  }
  ModelOutput forward(const torch::Tensor& image) override {
    const PaddedImage padded(image, 8);
    return {padded.crop(decoder_->forward(encoder_->forward(padded.image()))), {}};
  }

 private:
  torch::nn::Sequential encoder_{nullptr}, decoder_{nullptr};
};

}  // namespace

void EsnetConfig::fields(FieldVisitor& visit) {
  visit.field("early_dropout", early_dropout, from_below(0, 1));
  visit.field("dropout", dropout, from_below(0, 1));
}

std::shared_ptr<Model> make_esnet(const EsnetConfig& config, const ModelShape& shape) {
  return std::make_shared<Esnet>(config, shape);
}

}  // namespace nadir
