#include "models/encoders/resnet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/norm_tail.h"
#include "nadir/error.h"

namespace nadir {
namespace {

struct UnitShape {
  std::int64_t in, width;  // channels that come in, channels of the 3x3 convolutions
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  bool project = false;  // the shortcut is a convolution
};

torch::nn::Sequential projection(const UnitShape& shape, std::int64_t out) {
  return torch::nn::Sequential(conv(shape.in, out, {.kernel = 1, .stride = shape.stride}), batch_norm(out));
}

class BasicUnitImpl : public torch::nn::Module {
 public:
  static constexpr std::int64_t kExpansion = 1;
  explicit BasicUnitImpl(const UnitShape& shape) {
    const std::int64_t width = shape.width, dilation = shape.dilation;
    conv1_ = register_module("conv1", conv(shape.in, width, {.stride = shape.stride, .dilation = dilation}));
    bn1_ = register_module("bn1", batch_norm(width));
    conv2_ = register_module("conv2", conv(width, width, {.dilation = dilation}));
    bn2_ = register_module("bn2", batch_norm(shape.width));
    if (shape.project) downsample_ = register_module("downsample", projection(shape, shape.width));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor shortcut = downsample_ ? downsample_->forward(x) : x;
    return norm_relu(bn2_, conv2_(norm_relu(bn1_, conv1_(x))), shortcut);
  }

 private:
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr};
  torch::nn::Sequential downsample_{nullptr};
};
TORCH_MODULE(BasicUnit);

class BottleneckUnitImpl : public torch::nn::Module {
 public:
  static constexpr std::int64_t kExpansion = 4;
  explicit BottleneckUnitImpl(const UnitShape& shape) {
    const std::int64_t width = shape.width, out = kExpansion * width;
    conv1_ = register_module("conv1", conv(shape.in, width, {.kernel = 1}));
    bn1_ = register_module("bn1", batch_norm(width));
    conv2_ =
        register_module("conv2", conv(width, width, {.stride = shape.stride, .dilation = shape.dilation}));
    bn2_ = register_module("bn2", batch_norm(width));
    conv3_ = register_module("conv3", conv(width, out, {.kernel = 1}));
    bn3_ = register_module("bn3", batch_norm(out));
    if (shape.project) downsample_ = register_module("downsample", projection(shape, out));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor shortcut = downsample_ ? downsample_->forward(x) : x;
    const torch::Tensor y = norm_relu(bn2_, conv2_(norm_relu(bn1_, conv1_(x))));
    return norm_relu(bn3_, conv3_(y), shortcut);
  }

 private:
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
  torch::nn::Sequential downsample_{nullptr};
};
TORCH_MODULE(BottleneckUnit);

template <class Unit>
class Resnet final : public Encoder {
 public:
  Resnet(const std::array<std::int64_t, 4>& blocks, const EncoderShape& shape) {
    conv1_ = register_module("conv1", conv(shape.bands, 64, {.kernel = 7, .stride = 2}));
    bn1_ = register_module("bn1", batch_norm(64));
    std::int64_t dilation = 1;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const bool dilate = (4 << i) > shape.output_stride;
      const std::int64_t before = dilation;
      if (dilate) dilation *= 2;
      const std::int64_t stride = i == 0 || dilate ? 1 : 2;
      const std::int64_t first = shape.dilation == Dilation::kAfterFirst ? before : dilation;
      add_stage(i, blocks[i], {channels_.back(), 64 << i, stride, first}, dilation);
    }
    init();
  }

  std::vector<torch::Tensor> forward(const torch::Tensor& image) override {
    std::vector<torch::Tensor> maps = {norm_relu(bn1_, conv1_(image))};
    torch::Tensor x = torch::max_pool2d(maps[0], 3, 2, 1);
    for (torch::nn::Sequential& stage : stages_) {
      x = stage->forward(x);
      maps.push_back(x);
    }
    return maps;
  }
  std::vector<std::int64_t> channels() const override { return channels_; }
  std::string first_convolution() const override { return "conv1"; }

 private:
  void add_stage(std::size_t index, std::int64_t blocks, UnitShape first, std::int64_t dilation) {
    const std::int64_t out = Unit::Impl::kExpansion * first.width;
    first.project = first.stride != 1 || first.in != out;
    torch::nn::Sequential stage;
    stage->push_back(Unit(first));
    for (std::int64_t i = 1; i < blocks; ++i)
      stage->push_back(Unit(UnitShape{out, first.width, 1, dilation}));
    stages_.push_back(register_module("layer" + std::to_string(index + 1), stage));
    channels_.push_back(out);
  }

  void init() {
    for (const auto& each : modules(/*include_self=*/false)) {
      auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
      if (layer) torch::nn::init::kaiming_normal_(layer->weight, 0, torch::kFanOut, torch::kReLU);
    }
  }

  torch::nn::Conv2d conv1_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr};
  std::vector<torch::nn::Sequential> stages_;
  std::vector<std::int64_t> channels_{64};
};

}  // namespace

std::shared_ptr<Encoder> make_resnet(const std::array<std::int64_t, 4>& blocks, ResnetBlock kind,
                                     const EncoderShape& shape) {
  if (kind == ResnetBlock::kBottleneck) return std::make_shared<Resnet<BottleneckUnit>>(blocks, shape);
  return std::make_shared<Resnet<BasicUnit>>(blocks, shape);
}

}  // namespace nadir
