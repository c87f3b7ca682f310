#include "models/encoders/efficientnet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/depthwise.h"
#include "models/blocks/efficientnet_scale.h"
#include "models/blocks/norm_tail.h"
#include "models/blocks/same_padding.h"
#include "models/blocks/stack.h"

namespace nadir {
namespace {

class SqueezeExciteImpl : public torch::nn::Module {
 public:
  SqueezeExciteImpl(std::int64_t channels, std::int64_t squeezed) {
    reduce_ = register_module("conv_reduce", conv(channels, squeezed, {.kernel = 1, .bias = true}));
    expand_ = register_module("conv_expand", conv(squeezed, channels, {.kernel = 1, .bias = true}));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return x * expand_(torch::silu(reduce_(x.mean({2, 3}, /*keepdim=*/true)))).sigmoid();
  }

 private:
  torch::nn::Conv2d reduce_{nullptr}, expand_{nullptr};
};
TORCH_MODULE(SqueezeExcite);

bool is_lite(const std::string& variant) { return variant == "lite0"; }

struct BlockShape {
  std::int64_t in, out, kernel, stride, dilation;
  bool lite;
};

// TensorFlow pads strided convolutions when they run, by the size of the image: pad_then.
std::optional<std::int64_t> padding(std::int64_t stride, bool lite) {
  return lite && stride > 1 ? std::optional<std::int64_t>(0) : std::nullopt;
}

torch::nn::Conv2d depthwise(std::int64_t channels, const BlockShape& s) {
  return conv(channels, channels,
              {.kernel = s.kernel,
               .stride = s.stride,
               .dilation = s.dilation,
               .groups = channels,
               .padding = padding(s.stride, s.lite)});
}

torch::Tensor pad_then(torch::nn::Conv2d& layer, const torch::Tensor& x, bool lite) {
  const std::int64_t stride = layer->options.stride()->at(0);
  if (!lite || stride == 1) return convolved(layer, x);
  return convolved(layer, pad_same(x, *layer->options.kernel_size(), stride));
}

NormTail tail(const torch::Tensor& shortcut) {
  return {.inner = no_activation(), .factors = {}, .shortcut = shortcut, .outer = no_activation()};
}

// Without expansion: the first stage.
class DepthwiseBlockImpl : public torch::nn::Module {
 public:
  explicit DepthwiseBlockImpl(const BlockShape& s)
      : shortcut_(s.stride == 1 && s.in == s.out), lite_(s.lite) {
    dw_ = register_module("conv_dw", depthwise(s.in, s));
    bn1_ = register_module("bn1", batch_norm(s.in, efficientnet_norm(lite_)));
    if (!lite_) se_ = register_module("se", SqueezeExcite(s.in, s.in / 4));
    pw_ = register_module("conv_pw", conv(s.in, s.out, {.kernel = 1}));
    bn2_ = register_module("bn2", batch_norm(s.out, efficientnet_norm(lite_)));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = efficientnet_activation(bn1_, pad_then(dw_, x, lite_), lite_);
    if (!lite_) y = se_(y);
    return norm_tail(bn2_, pw_(y), tail(shortcut_ ? x : torch::Tensor()));
  }

 private:
  bool shortcut_, lite_;
  torch::nn::Conv2d dw_{nullptr}, pw_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
  SqueezeExcite se_{nullptr};
};
TORCH_MODULE(DepthwiseBlock);

class InvertedBlockImpl : public torch::nn::Module {
 public:
  explicit InvertedBlockImpl(const BlockShape& s) : shortcut_(s.stride == 1 && s.in == s.out), lite_(s.lite) {
    const std::int64_t m = 6 * s.in;
    pw_ = register_module("conv_pw", conv(s.in, m, {.kernel = 1}));
    bn1_ = register_module("bn1", batch_norm(m, efficientnet_norm(lite_)));
    dw_ = register_module("conv_dw", depthwise(m, s));
    bn2_ = register_module("bn2", batch_norm(m, efficientnet_norm(lite_)));
    if (!lite_) se_ = register_module("se", SqueezeExcite(m, s.in / 4));
    pwl_ = register_module("conv_pwl", conv(m, s.out, {.kernel = 1}));
    bn3_ = register_module("bn3", batch_norm(s.out, efficientnet_norm(lite_)));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = efficientnet_activation(bn1_, pw_(x), lite_);
    y = efficientnet_activation(bn2_, pad_then(dw_, y, lite_), lite_);
    if (!lite_) y = se_(y);
    return norm_tail(bn3_, pwl_(y), tail(shortcut_ ? x : torch::Tensor()));
  }

 private:
  bool shortcut_, lite_;
  torch::nn::Conv2d pw_{nullptr}, dw_{nullptr}, pwl_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
  SqueezeExcite se_{nullptr};
};
TORCH_MODULE(InvertedBlock);

// The stages after which the map is halved, and the last.
constexpr std::array<std::size_t, 5> kMaps = {0, 1, 2, 4, 6};

class EfficientnetEncoder final : public Encoder {
 public:
  EfficientnetEncoder(const std::string& variant, const EncoderShape& shape) {
    body_ = make_efficientnet_body(variant, shape);
    const auto model = register_module("model", std::make_shared<torch::nn::Module>());
    model->register_module("conv_stem", body_.stem);
    model->register_module("bn1", body_.norm);
    model->register_module("blocks", body_.blocks);
    for (const std::size_t stage : kMaps) channels_.push_back(body_.channels[stage]);
    init_efficientnet(*this);
  }
  std::vector<torch::Tensor> forward(const torch::Tensor& image) override {
    std::vector<torch::Tensor> maps;
    torch::Tensor x = body_.forward_stem(image);
    std::size_t index = 0;
    for (auto& stage : *body_.blocks) {
      x = stage.forward(x);
      if (index++ == kMaps[maps.size()]) maps.push_back(x);
    }
    return maps;
  }
  std::vector<std::int64_t> channels() const override { return channels_; }
  std::string first_convolution() const override { return "model.conv_stem"; }

 private:
  EfficientnetBody body_;
  std::vector<std::int64_t> channels_;
};

}  // namespace

NormFlavour efficientnet_norm(bool lite) { return {.eps = lite ? 1e-3 : 1e-5}; }

torch::Tensor efficientnet_activation(const torch::nn::BatchNorm2d& norm, const torch::Tensor& x, bool lite) {
  return norm_tail(norm, x, {.inner = lite ? relu6_activation() : silu_activation()});
}

torch::Tensor EfficientnetBody::forward_stem(const torch::Tensor& image) {
  return efficientnet_activation(norm, pad_then(stem, image, lite), lite);
}

EfficientnetBody make_efficientnet_body(const std::string& variant, const EncoderShape& shape) {
  const EfficientnetScale scale(variant);
  const bool lite = is_lite(variant);
  std::int64_t in = scale.channels(32), reached = 2, dilation = 1;
  EfficientnetBody body{.lite = lite,
                        .stem = conv(shape.bands, in, {.stride = 2, .padding = padding(2, lite)}),
                        .norm = batch_norm(in, efficientnet_norm(lite)),
                        .blocks = {},
                        .channels = {}};
  for (const EfficientnetStage& stage : kEfficientnetStages) {
    Stack blocks;
    const std::int64_t out = scale.channels(stage.channels);
    // A stage that may not halve any more dilates instead, from its second block on.
    const bool dilate = reached * stage.stride > shape.output_stride;
    if (!dilate) reached *= stage.stride;
    for (std::int64_t i = 0; i < scale.repeats(stage.repeats); ++i) {
      const BlockShape block{in, out, stage.kernel, i == 0 && !dilate ? stage.stride : 1, dilation, lite};
      if (stage.expansion == 1) {
        blocks->push_back(DepthwiseBlock(block));
      } else {
        blocks->push_back(InvertedBlock(block));
      }
      if (i == 0 && dilate) dilation *= stage.stride;
      in = out;
    }
    body.blocks->push_back(blocks);
    body.channels.push_back(out);
  }
  return body;
}

void init_efficientnet(torch::nn::Module& module) {
  for (const auto& each : module.modules(/*include_self=*/false)) {
    auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
    if (layer == nullptr) continue;
    const double fan_out = static_cast<double>(layer->weight.size(0) * layer->weight[0][0].numel()) /
                           static_cast<double>(layer->options.groups());
    torch::nn::init::normal_(layer->weight, 0, std::sqrt(2 / fan_out));
    if (layer->bias.defined()) torch::nn::init::zeros_(layer->bias);
  }
}

std::shared_ptr<Encoder> make_efficientnet_encoder(const std::string& variant, const EncoderShape& shape) {
  return std::make_shared<EfficientnetEncoder>(variant, shape);
}

}  // namespace nadir
