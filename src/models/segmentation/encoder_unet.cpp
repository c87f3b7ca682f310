#include "models/segmentation/encoder_unet.h"

#include <torch/nn.h>

#include "models/blocks/decoder_block.h"
#include "models/segmentation/encoder_decoder.h"

namespace nadir {
namespace {

class UnetDecoder final : public Decoder {
 public:
  explicit UnetDecoder(std::vector<std::int64_t> encoder) {
    blocks_ = register_module("blocks", torch::nn::ModuleList());
    std::int64_t in = encoder.back();
    encoder.pop_back();
    for (const std::int64_t out : {256, 128, 64, 32, 16}) {
      const std::int64_t skip = encoder.empty() ? 0 : encoder.back();
      if (!encoder.empty()) encoder.pop_back();
      blocks_->push_back(DecoderBlock(in, skip, out));
      in = out;
    }
    init_decoder(*this);
  }
  torch::Tensor forward(const std::vector<torch::Tensor>& maps) override {
    torch::Tensor x = maps.back();
    for (std::size_t i = 0; i < blocks_->size(); ++i) {
      const torch::Tensor skip = i + 1 < maps.size() ? maps[maps.size() - 2 - i] : torch::Tensor();
      x = blocks_[i]->as<DecoderBlock>()->forward(x, skip);
    }
    return x;
  }
  std::int64_t channels() const override { return 16; }

 private:
  torch::nn::ModuleList blocks_{nullptr};
};

}  // namespace

std::shared_ptr<Model> make_encoder_unet(const std::string& encoder, const ModelShape& shape) {
  const auto made = make_encoder(encoder, {.bands = shape.bands});
  return join(made, std::make_shared<UnetDecoder>(made->channels()), {}, shape.classes);
}

}  // namespace nadir
