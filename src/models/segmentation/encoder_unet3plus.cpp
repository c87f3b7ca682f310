#include "models/segmentation/encoder_unet3plus.h"

#include <torch/nn.h>

#include "models/blocks/decoder_block.h"
#include "models/blocks/padding.h"
#include "models/encoders/encoder.h"

namespace nadir {
namespace {

using torch::Tensor;

constexpr std::size_t kLevels = 5;
constexpr std::int64_t kNarrow = 64, kWide = 320;

Tensor bilinear(const Tensor& map, at::IntArrayRef size) {
  return torch::upsample_bilinear2d(map, size, /*align_corners=*/false);
}

// One level: every map of the pyramid brought to its size, convolved and joined.
class LevelImpl : public torch::nn::Module {
 public:
  explicit LevelImpl(const std::array<std::int64_t, kLevels>& inputs) {
    branches_ = register_module("branches", torch::nn::ModuleList());
    for (const std::int64_t in : inputs) branches_->push_back(relu_unit(in, kNarrow));
    fusion_ = register_module("fusion", relu_unit(kWide, kWide));
  }
  Tensor forward(const std::vector<Tensor>& maps, std::size_t level) {
    const std::vector<std::int64_t> size = maps[level].sizes().slice(2).vec();
    std::vector<Tensor> parts;
    for (std::size_t j = 0; j < maps.size(); ++j) {
      Tensor x = maps[j];
      if (j < level) x = torch::max_pool2d(x, std::int64_t{1} << (level - j));
      if (j > level) x = bilinear(x, size);
      parts.push_back(branches_[j]->as<Stack>()->forward(x));
    }
    return fusion_->forward(torch::cat(parts, 1));
  }

 private:
  torch::nn::ModuleList branches_{nullptr};
  Stack fusion_{nullptr};
};
TORCH_MODULE(Level);

class Unet3plusDecoderImpl : public torch::nn::Module {
 public:
  explicit Unet3plusDecoderImpl(const std::vector<std::int64_t>& encoder) {
    levels_ = register_module("levels", torch::nn::ModuleList());
    for (std::size_t i = 0; i + 1 < kLevels; ++i) {
      std::array<std::int64_t, kLevels> inputs{};
      for (std::size_t j = 0; j < kLevels; ++j) inputs[j] = j > i && j + 1 < kLevels ? kWide : encoder[j];
      levels_->push_back(Level(inputs));
    }
    init_decoder(*this);
  }
  // The decoder's maps, the finest first; the encoder's last map is the deepest of them.
  std::vector<Tensor> forward(std::vector<Tensor> maps) {
    for (std::size_t i = kLevels - 1; i-- > 0;) maps[i] = levels_[i]->as<Level>()->forward(maps, i);
    return maps;
  }

 private:
  torch::nn::ModuleList levels_{nullptr};
};
TORCH_MODULE(Unet3plusDecoder);

class EncoderUnet3plus final : public Model {
 public:
  EncoderUnet3plus(const Unet3plusConfig& config, const ModelShape& shape) {
    encoder_ = register_module("encoder", make_encoder(config.encoder, {.bands = shape.bands}));
    const std::int64_t deepest = encoder_->channels().back();
    decoder_ = register_module("decoder", Unet3plusDecoder(encoder_->channels()));
    heads_ = register_module("heads", torch::nn::ModuleList());
    for (std::size_t i = 0; i < (config.deep_supervision ? kLevels : 1); ++i) {
      heads_->push_back(conv(i + 1 < kLevels ? kWide : deepest, shape.classes, {.bias = true}));
    }
    init_head(*heads_);
    if (!config.classification_guided) return;
    cgm_ = register_module("cgm", torch::nn::Sequential(torch::nn::Dropout(config.dropout),
                                                        conv(deepest, 32, {.kernel = 1, .bias = true})));
  }

  ModelOutput forward(const Tensor& image) override {
    const PaddedImage padded(image, 32);
    const std::vector<Tensor> encoded = encoder_->forward(padded.image());
    const std::vector<Tensor> maps = decoder_->forward(encoded);
    ModelOutput result;
    for (std::size_t i = 0; i < heads_->size(); ++i) {
      const Tensor logits =
          bilinear(heads_[i]->as<torch::nn::Conv2d>()->forward(maps[i]), padded.image().sizes().slice(2));
      result.auxiliary.push_back(padded.crop(guided(logits, encoded.back())));
    }
    result.logits = result.auxiliary.front();
    result.auxiliary.erase(result.auxiliary.begin());
    return result;
  }

 private:
  Tensor guided(const Tensor& logits, const Tensor& deepest) {
    if (!cgm_) return logits;
    const Tensor m = cgm_->forward(deepest).amax({1, 2, 3}, /*keepdim=*/true);
    return product_logit(full_precision(logits), full_precision(m));
  }

  std::shared_ptr<Encoder> encoder_;
  Unet3plusDecoder decoder_{nullptr};
  torch::nn::ModuleList heads_{nullptr};
  torch::nn::Sequential cgm_{nullptr};
};

}  // namespace

std::shared_ptr<Model> make_encoder_unet3plus(const Unet3plusConfig& config, const ModelShape& shape) {
  return std::make_shared<EncoderUnet3plus>(config, shape);
}

}  // namespace nadir
