#include "models/encoders/resnetv2.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/wrapped_conv.h"

namespace nadir {
namespace {

struct BlockShape {
  std::int64_t in, out, stride, dilation;
};

class BlockImpl : public torch::nn::Module {
 public:
  explicit BlockImpl(const BlockShape& s) {
    const std::int64_t in = s.in, out = s.out, m = out / 4;
    if (s.stride != 1 || in != out) {
      const auto made = conv(in, out, {.kernel = 1, .stride = s.stride});
      downsample_ = register_module("downsample", WrappedConv("conv", made));
    }
    norm1_ = register_module("norm1", batch_norm(in));
    conv1_ = register_module("conv1", conv(in, m, {.kernel = 1}));
    norm2_ = register_module("norm2", batch_norm(m));
    conv2_ = register_module("conv2", conv(m, m, {.stride = s.stride, .dilation = s.dilation}));
    norm3_ = register_module("norm3", batch_norm(m));
    conv3_ = register_module("conv3", conv(m, out, {.kernel = 1}));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor activated = norm1_(x).relu_();
    const torch::Tensor shortcut = downsample_ ? downsample_(activated) : x;
    const torch::Tensor y = conv2_(norm2_(conv1_(activated)).relu_());
    return conv3_(norm3_(y).relu_()) + shortcut;
  }

 private:
  WrappedConv downsample_{nullptr};
  torch::nn::BatchNorm2d norm1_{nullptr}, norm2_{nullptr}, norm3_{nullptr};
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
};
TORCH_MODULE(Block);

// `dilation` is that of all blocks but the first, whose own comes in `first`.
class StageImpl : public torch::nn::Module {
 public:
  StageImpl(const BlockShape& first, std::int64_t blocks, std::int64_t dilation) {
    blocks_ = register_module("blocks", torch::nn::Sequential(Block(first)));
    for (std::int64_t i = 1; i < blocks; ++i) {
      blocks_->push_back(Block(BlockShape{first.out, first.out, 1, dilation}));
    }
  }
  torch::Tensor forward(const torch::Tensor& x) { return blocks_->forward(x); }

 private:
  torch::nn::Sequential blocks_{nullptr};
};
TORCH_MODULE(Stage);

void init(torch::nn::Module& module) {
  for (const auto& each : module.modules()) {
    auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
    if (layer) torch::nn::init::kaiming_normal_(layer->weight, 0, torch::kFanOut, torch::kReLU);
  }
}

class Resnetv2Encoder final : public Encoder {
 public:
  Resnetv2Encoder(std::int64_t depth, const EncoderShape& shape) : body_(make_resnetv2_body(depth, shape)) {
    const auto model = register_module("model", std::make_shared<torch::nn::Module>());
    model->register_module("stem_conv", body_.stem);
    for (std::size_t i = 0; i < body_.stages.size(); ++i) {
      model->register_module("stages_" + std::to_string(i), body_.stages[i].ptr());
    }
  }
  std::vector<torch::Tensor> forward(const torch::Tensor& image) override {
    std::vector<torch::Tensor> maps = {body_.stem(image)};
    torch::Tensor x = torch::max_pool2d(maps[0], 3, 2, 1);
    for (torch::nn::AnyModule& stage : body_.stages) {
      x = stage.forward(x);
      maps.push_back(x);
    }
    return maps;
  }
  std::vector<std::int64_t> channels() const override { return body_.channels; }
  std::string first_convolution() const override { return "model.stem_conv"; }

 private:
  Resnetv2Body body_;
};

}  // namespace

Resnetv2Body make_resnetv2_body(std::int64_t depth, const EncoderShape& shape) {
  Resnetv2Body body{conv(shape.bands, 64, {.kernel = 7, .stride = 2}), {}, {64}};
  init(*body.stem);
  std::int64_t reached = 4, dilation = 1;
  for (const std::int64_t blocks : {3, 4, depth == 50 ? 6 : 23, 3}) {
    const std::int64_t in = body.channels.back(), out = body.stages.empty() ? 256 : 2 * in;
    const std::int64_t halving = body.stages.empty() ? 1 : 2;
    const bool dilate = reached * halving > shape.output_stride;
    const BlockShape first{in, out, dilate ? 1 : halving, dilation};
    if (dilate) dilation *= halving;
    if (!dilate) reached *= halving;
    Stage stage(first, blocks, dilation);
    init(*stage);
    body.stages.emplace_back(stage);
    body.channels.push_back(out);
  }
  return body;
}

std::shared_ptr<Encoder> make_resnetv2_encoder(std::int64_t depth, const EncoderShape& shape) {
  return std::make_shared<Resnetv2Encoder>(depth, shape);
}

}  // namespace nadir
