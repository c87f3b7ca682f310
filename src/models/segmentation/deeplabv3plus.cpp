#include "models/segmentation/deeplabv3plus.h"

#include "models/blocks/atrous_pyramid.h"
#include "models/blocks/decoder_block.h"
#include "models/blocks/separable_conv.h"
#include "models/segmentation/encoder_decoder.h"

namespace nadir {
namespace {

constexpr std::int64_t kChannels = AtrousPyramidImpl::kChannels, kFine = 48;

class Deeplabv3plusDecoder final : public Decoder {
 public:
  Deeplabv3plusDecoder(const std::vector<std::int64_t>& encoder, double dropout) {
    const PyramidShape pyramid{.in = encoder.back(), .separable = true, .dropout = dropout};
    aspp_ = Stack(AtrousPyramid(pyramid));
    aspp_->extend(*separable_unit(kChannels, kChannels));
    register_module("aspp", aspp_);
    block1_ = register_module("block1", relu_unit(encoder[1], kFine, {.kernel = 1}));
    block2_ = register_module("block2", separable_unit(kFine + kChannels, kChannels));
  }
  torch::Tensor forward(const std::vector<torch::Tensor>& maps) override {
    const torch::Tensor coarse = enlarged(aspp_->forward(maps.back()), 4);
    return block2_->forward(torch::cat({coarse, block1_->forward(maps[1])}, 1));
  }
  std::int64_t channels() const override { return kChannels; }

 private:
  Stack aspp_{nullptr}, block1_{nullptr}, block2_{nullptr};
};

}  // namespace

void Deeplabv3plusConfig::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder);
  visit.field("dropout", dropout, from_below(0, 1));
}

void Deeplabv3plusConfig::validate() const {
  check_encoder("deeplabv3plus", encoder, EncoderNeed::kDilation);
}

std::shared_ptr<Model> make_deeplabv3plus(const Deeplabv3plusConfig& config, const ModelShape& shape) {
  const auto encoder = make_encoder(config.encoder, {.bands = shape.bands, .output_stride = 16});
  const auto decoder = std::make_shared<Deeplabv3plusDecoder>(encoder->channels(), config.dropout);
  return join(encoder, decoder, {.kernel = 1, .enlarge = 4, .xavier = false}, shape.classes);
}

}  // namespace nadir
