#include "models/segmentation/segformer.h"

#include <torch/nn.h>

#include "models/blocks/decoder_block.h"
#include "models/blocks/linear.h"
#include "models/segmentation/encoder_decoder.h"

namespace nadir {
namespace {

// A linear layer over the channels of a map.
class MlpImpl : public torch::nn::Module {
 public:
  MlpImpl(std::int64_t in, std::int64_t out) : linear_(register_module("linear", Linear(in, out))) {}
  torch::Tensor forward(const torch::Tensor& map) {
    return linear_(map.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
  }

 private:
  Linear linear_;
};
TORCH_MODULE(Mlp);

class SegformerDecoder final : public Decoder {
 public:
  SegformerDecoder(const std::vector<std::int64_t>& encoder, std::int64_t channels) : channels_(channels) {
    stages_ = register_module("mlp_stage", torch::nn::ModuleList());
    for (std::size_t i = encoder.size(); i-- > 0;) {
      if (encoder[i] > 0) stages_->push_back(Mlp(encoder[i], channels));
    }
    const std::int64_t joined = static_cast<std::int64_t>(stages_->size()) * channels;
    fuse_ = register_module("fuse_stage", relu_unit(joined, channels, {.kernel = 1}));
    init_decoder(*this);
  }
  torch::Tensor forward(const std::vector<torch::Tensor>& maps) override {
    const at::IntArrayRef quarter = maps[1].sizes().slice(2);
    std::vector<torch::Tensor> parts;
    for (std::size_t i = 0; i < stages_->size(); ++i) {
      const torch::Tensor x = stages_[i]->as<Mlp>()->forward(maps[maps.size() - 1 - i]);
      parts.push_back(torch::upsample_bilinear2d(x, quarter, /*align_corners=*/false));
    }
    return fuse_->forward(torch::cat(parts, 1));
  }
  std::int64_t channels() const override { return channels_; }

 private:
  std::int64_t channels_;
  torch::nn::ModuleList stages_{nullptr};
  Stack fuse_{nullptr};
};

}  // namespace

void SegformerConfig::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder);
  visit.field("channels", channels, at_least(1));
}

void SegformerConfig::validate() const { check_encoder("segformer", encoder, EncoderNeed::kNone); }

std::shared_ptr<Model> make_segformer(const SegformerConfig& config, const ModelShape& shape) {
  const auto encoder = make_encoder(config.encoder, {.bands = shape.bands});
  const auto decoder = std::make_shared<SegformerDecoder>(encoder->channels(), config.channels);
  return join(encoder, decoder, {.kernel = 1, .enlarge = 4}, shape.classes);
}

}  // namespace nadir
