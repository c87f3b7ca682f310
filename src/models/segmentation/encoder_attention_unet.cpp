#include "models/segmentation/encoder_attention_unet.h"

#include <torch/nn.h>

#include "models/blocks/decoder_block.h"
#include "models/segmentation/encoder_decoder.h"

namespace nadir {
namespace {

Stack point_unit(std::int64_t in, std::int64_t out) {
  return Stack(conv(in, out, {.kernel = 1}), batch_norm(out));
}

// What of the skip is let through, pixel by pixel, as the deeper map asks for it:
// skip * sigmoid(psi(relu(x(skip) + g(deeper)))).
class GateImpl : public torch::nn::Module {
 public:
  GateImpl(std::int64_t deeper, std::int64_t skip) {
    const std::int64_t middle = std::max<std::int64_t>(skip / 2, 1);
    g_ = register_module("g", point_unit(deeper, middle));
    x_ = register_module("x", point_unit(skip, middle));
    psi_ = register_module("psi", point_unit(middle, 1));
  }
  torch::Tensor forward(const torch::Tensor& deeper, const torch::Tensor& skip) {
    const torch::Tensor asked = g_->forward(doubled(deeper));
    const NormTail joined{.factors = {}, .shortcut = asked, .outer = relu_activation()};
    return skip * psi_->forward(x_->join(skip, joined)).sigmoid();
  }

 private:
  Stack g_{nullptr}, x_{nullptr}, psi_{nullptr};
};
TORCH_MODULE(Gate);

class AttentionDecoder final : public Decoder {
 public:
  explicit AttentionDecoder(const std::vector<std::int64_t>& encoder) {
    gates_ = register_module("gates", torch::nn::ModuleList());
    blocks_ = register_module("blocks", torch::nn::ModuleList());
    std::int64_t in = encoder.back(), out = 256;
    for (std::size_t i = encoder.size() - 1; i-- > 0;) {
      gates_->push_back(Gate(in, encoder[i]));
      blocks_->push_back(DecoderBlock(in, encoder[i], out));
      in = out;
      out /= 2;
    }
    blocks_->push_back(DecoderBlock(in, 0, out));
    channels_ = out;
    init_decoder(*this);
  }
  torch::Tensor forward(const std::vector<torch::Tensor>& maps) override {
    torch::Tensor x = maps.back();
    for (std::size_t i = 0; i < blocks_->size(); ++i) {
      torch::Tensor skip;
      if (i < gates_->size()) skip = gates_[i]->as<Gate>()->forward(x, maps[maps.size() - 2 - i]);
      x = blocks_[i]->as<DecoderBlock>()->forward(x, skip);
    }
    return x;
  }
  std::int64_t channels() const override { return channels_; }

 private:
  torch::nn::ModuleList gates_{nullptr}, blocks_{nullptr};
  std::int64_t channels_ = 0;
};

}  // namespace

std::shared_ptr<Model> make_encoder_attention_unet(const std::string& encoder, const ModelShape& shape) {
  const auto made = make_encoder(encoder, {.bands = shape.bands});
  return join(made, std::make_shared<AttentionDecoder>(made->channels()), {}, shape.classes);
}

}  // namespace nadir
