#include "models/segmentation/encoder_unet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/padding.h"
#include "models/encoders/encoder.h"

namespace nadir {
namespace {

torch::nn::Sequential unit(std::int64_t in, std::int64_t out) {
  return torch::nn::Sequential(conv(in, out), batch_norm(out), torch::nn::ReLU(torch::nn::ReLUOptions(true)));
}

// Doubles the map, joins the skip (undefined for the last block), and convolves twice.
class DecoderBlockImpl : public torch::nn::Module {
 public:
  DecoderBlockImpl(std::int64_t in, std::int64_t skip, std::int64_t out) {
    conv1_ = register_module("conv1", unit(in + skip, out));
    conv2_ = register_module("conv2", unit(out, out));
  }
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& skip) {
    torch::Tensor y = torch::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
    if (skip.defined()) y = torch::cat({y, skip}, 1);
    return conv2_->forward(conv1_->forward(y));
  }

 private:
  torch::nn::Sequential conv1_{nullptr}, conv2_{nullptr};
};
TORCH_MODULE(DecoderBlock);

class DecoderImpl : public torch::nn::Module {
 public:
  explicit DecoderImpl(std::vector<std::int64_t> encoder) {
    blocks_ = register_module("blocks", torch::nn::ModuleList());
    std::int64_t in = encoder.back();
    encoder.pop_back();
    for (const std::int64_t out : {256, 128, 64, 32, 16}) {
      const std::int64_t skip = encoder.empty() ? 0 : encoder.back();
      if (!encoder.empty()) encoder.pop_back();
      blocks_->push_back(DecoderBlock(in, skip, out));
      in = out;
    }
    for (const auto& each : modules(/*include_self=*/false)) {
      auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
      if (layer) torch::nn::init::kaiming_uniform_(layer->weight, 0, torch::kFanIn, torch::kReLU);
    }
  }
  torch::Tensor forward(const std::vector<torch::Tensor>& maps) {
    torch::Tensor x = maps.back();
    for (std::size_t i = 0; i < blocks_->size(); ++i) {
      const torch::Tensor skip = i + 1 < maps.size() ? maps[maps.size() - 2 - i] : torch::Tensor();
      x = blocks_[i]->as<DecoderBlock>()->forward(x, skip);
    }
    return x;
  }

 private:
  torch::nn::ModuleList blocks_{nullptr};
};
TORCH_MODULE(Decoder);

class EncoderUnet final : public Model {
 public:
  EncoderUnet(const std::string& encoder, const ModelShape& shape) {
    encoder_ = register_module("encoder", make_encoder(encoder, {.bands = shape.bands}));
    decoder_ = register_module("decoder", Decoder(encoder_->channels()));
    head_ =
        register_module("segmentation_head", torch::nn::Sequential(conv(16, shape.classes, {.bias = true})));
    torch::nn::init::xavier_uniform_(head_[0]->as<torch::nn::Conv2d>()->weight);
    torch::nn::init::zeros_(head_[0]->as<torch::nn::Conv2d>()->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const PaddedImage padded(image, 32);
    return {padded.crop(head_->forward(decoder_(encoder_->forward(padded.image())))), {}};
  }

 private:
  std::shared_ptr<Encoder> encoder_;
  Decoder decoder_{nullptr};
  torch::nn::Sequential head_{nullptr};
};

}  // namespace

std::shared_ptr<Model> make_encoder_unet(const std::string& encoder, const ModelShape& shape) {
  return std::make_shared<EncoderUnet>(encoder, shape);
}

}  // namespace nadir
