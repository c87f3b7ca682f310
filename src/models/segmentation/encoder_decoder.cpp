#include "models/segmentation/encoder_decoder.h"

#include <torch/nn.h>

#include "models/blocks/decoder_block.h"
#include "models/blocks/padding.h"

namespace nadir {
namespace {

class EncoderDecoder final : public Model {
 public:
  EncoderDecoder(std::shared_ptr<Encoder> encoder, std::shared_ptr<Decoder> decoder, const HeadShape& head,
                 std::int64_t classes)
      : enlarge_(head.enlarge) {
    encoder_ = register_module("encoder", std::move(encoder));
    decoder_ = register_module("decoder", std::move(decoder));
    const auto last = conv(decoder_->channels(), classes, {.kernel = head.kernel, .bias = true});
    head_ = register_module("segmentation_head", torch::nn::Sequential(last));
    if (head.xavier) init_head(*head_);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const PaddedImage padded(image, 32);
    const std::vector<torch::Tensor> maps = encoder_->forward(padded.image());
    const torch::Tensor logits = head_->forward(decoder_->forward(maps));
    return {padded.crop(enlarged(logits, enlarge_)), {}};
  }

 private:
  std::int64_t enlarge_;
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<Decoder> decoder_;
  torch::nn::Sequential head_{nullptr};
};

}  // namespace

std::shared_ptr<Model> join(std::shared_ptr<Encoder> encoder, std::shared_ptr<Decoder> decoder,
                            const HeadShape& head, std::int64_t classes) {
  return std::make_shared<EncoderDecoder>(std::move(encoder), std::move(decoder), head, classes);
}

}  // namespace nadir
