#include "models/encoders/vit_pyramid.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/token_grid.h"
#include "models/blocks/vit_block.h"

namespace nadir {
namespace {

using torch::Tensor;

constexpr std::int64_t kPatch = 16, kBlocks = 12, kGrid = 224 / kPatch, kChannels = 256;

// A layer norm over the channels of a map.
class MapNormImpl : public torch::nn::Module {
 public:
  explicit MapNormImpl(std::int64_t channels) {
    weight_ = register_parameter("weight", torch::ones({channels}));
    bias_ = register_parameter("bias", torch::zeros({channels}));
  }
  Tensor forward(const Tensor& map) {
    const Tensor last = map.permute({0, 2, 3, 1});
    return torch::layer_norm(last, {map.size(1)}, weight_, bias_, 1e-6).permute({0, 3, 1, 2});
  }

 private:
  Tensor weight_, bias_;
};
TORCH_MODULE(MapNorm);

// One map of the pyramid: the transformer's map brought to its size, and two convolutions.
torch::nn::Sequential level(torch::nn::Sequential resize, std::int64_t in) {
  resize->push_back(conv(in, kChannels, {.kernel = 1}));
  resize->push_back(MapNorm(kChannels));
  resize->push_back(conv(kChannels, kChannels));
  resize->push_back(MapNorm(kChannels));
  return resize;
}

class VitPyramid final : public Encoder, public PatchTokens {
 public:
  VitPyramid(const VitShape& vit, std::int64_t bands) {
    const std::int64_t w = vit.width;
    cls_token_ = register_parameter("cls_token", torch::randn({1, 1, w}) * 1e-6);
    pos_embed_ = register_parameter("pos_embed", torch::randn({1, kGrid * kGrid + 1, w}) * 0.02);
    patch_embed_ = register_module("patch_embed", PatchEmbed(bands, w, kPatch));
    blocks_ = register_module("blocks", torch::nn::Sequential());
    for (std::int64_t i = 0; i < kBlocks; ++i) blocks_->push_back(VitBlock(w, vit.heads, "none"));
    norm_ = register_module("norm", vit_norm(w));
    init_vit(*this);
    const torch::nn::Sequential quarter(doubling_conv(w, w / 2), MapNorm(w / 2), torch::nn::GELU(),
                                        doubling_conv(w / 2, w / 4));
    levels_ = {level(quarter, w / 4), level(torch::nn::Sequential(doubling_conv(w, w / 2)), w / 2),
               level(torch::nn::Sequential(), w), level(torch::nn::Sequential(torch::nn::MaxPool2d(2)), w)};
    const auto pyramid = register_module("pyramid", std::make_shared<torch::nn::Module>());
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      pyramid->register_module(std::to_string(i), levels_[i]);
    }
  }

  std::vector<Tensor> forward(const Tensor& image) override {
    const std::int64_t n = image.size(0), height = image.size(2) / kPatch, width = image.size(3) / kPatch;
    Tensor x = torch::cat({cls_token_.expand({n, -1, -1}), patch_embed_(image)}, 1);
    x = norm_(blocks_->forward(x + resample_positions(pos_embed_, {height, width, 1, ""})));
    const Tensor map = x.narrow(1, 1, height * width).transpose(1, 2).reshape({n, -1, height, width});
    std::vector<Tensor> maps = {image.new_empty({n, 0, image.size(2) / 2, image.size(3) / 2})};
    for (torch::nn::Sequential& each : levels_) maps.push_back(each->forward(map));
    return maps;
  }
  std::vector<std::int64_t> channels() const override {
    return {0, kChannels, kChannels, kChannels, kChannels};
  }
  std::string first_convolution() const override { return "patch_embed.proj"; }
  TokenGrid token_grid() const override { return {kGrid, kGrid, 1, "pos_embed"}; }

 private:
  Tensor cls_token_, pos_embed_;
  PatchEmbed patch_embed_{nullptr};
  torch::nn::Sequential blocks_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  std::vector<torch::nn::Sequential> levels_;
};

}  // namespace

std::shared_ptr<Encoder> make_vit_pyramid(const VitShape& vit, const EncoderShape& shape) {
  return std::make_shared<VitPyramid>(vit, shape.bands);
}

}  // namespace nadir
