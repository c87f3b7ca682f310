#include "models/segmentation/enet.h"

#include <torch/nn.h>

#include <tuple>

#include "models/blocks/conv.h"
#include "models/blocks/map_type.h"
#include "models/blocks/padding.h"
#include "models/blocks/stack.h"

namespace nadir {
namespace {

enum class Act { kPrelu, kRelu };

torch::nn::AnyModule make_activation(Act act) {
  if (act == Act::kRelu) return torch::nn::AnyModule(torch::nn::ReLU());
  return torch::nn::AnyModule(torch::nn::PReLU());
}

// Convolution, batch norm, activation.
Stack unit(const torch::nn::Conv2d& convolution, Act act) {
  const std::int64_t channels = convolution->options.out_channels();
  Stack layers(convolution, batch_norm(channels));
  layers->push_back(make_activation(act));
  return layers;
}

class InitialImpl : public torch::nn::Module {
 public:
  InitialImpl(std::int64_t bands, std::int64_t channels) {
    main_ = register_module("main_branch", conv(bands, channels - bands, {.stride = 2}));
    norm_ = register_module("batch_norm", batch_norm(channels));
    act_ = register_module("out_activation", torch::nn::PReLU());
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor main = main_(x), pooled = in_type_of(main, torch::max_pool2d(x, 3, 2, 1));
    return norm_tail(norm_, torch::cat({main, pooled}, 1), {.inner = leaky(act_->weight)});
  }

 private:
  torch::nn::Conv2d main_{nullptr};
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::PReLU act_{nullptr};
};
TORCH_MODULE(Initial);

struct BottleneckKind {
  std::int64_t dilation = 1;
  bool asymmetric = false;
};

// The three kinds that keep size and channels: regular, dilated, asymmetric.
class BottleneckImpl : public torch::nn::Module {
 public:
  BottleneckImpl(std::int64_t channels, const BottleneckKind& kind, double dropout, Act act) {
    const std::int64_t m = channels / 4;
    ext1_ = register_module("ext_conv1", unit(conv(channels, m, {.kernel = 1}), act));
    ext2_ = register_module("ext_conv2", middle(m, kind, act));
    ext3_ = register_module("ext_conv3", unit(conv(m, channels, {.kernel = 1}), act));
    drop_ = register_module("ext_regul", torch::nn::Dropout2d(dropout));
    if (act == Act::kPrelu) {
      prelu_ = register_module("out_activation", torch::nn::PReLU());
    } else {
      register_module("out_activation", torch::nn::ReLU());
    }
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return ext3_->join(ext2_->forward(ext1_->forward(x)),
                       {.factors = drop_factors(drop_, x),
                        .shortcut = x,
                        .outer = prelu_ ? leaky(prelu_->weight) : relu_activation()});
  }

 private:
  static Stack middle(std::int64_t m, const BottleneckKind& kind, Act act) {
    if (!kind.asymmetric) return unit(conv(m, m, {.dilation = kind.dilation}), act);
    Stack layers = unit(strip_conv(m, {5, 1}), act);
    layers->extend(*unit(strip_conv(m, {1, 5}), act));
    return layers;
  }
  Stack ext1_{nullptr}, ext2_{nullptr}, ext3_{nullptr};
  torch::nn::Dropout2d drop_{nullptr};
  torch::nn::PReLU prelu_{nullptr};  // empty: ReLU
};
TORCH_MODULE(Bottleneck);

// What a downsampling leaves for the upsampling that undoes it.
struct Pooled {
  torch::Tensor map, indices;
  torch::Tensor before;  // gives the size
};

class DownImpl : public torch::nn::Module {
 public:
  DownImpl(std::int64_t in, std::int64_t out, double dropout) : extra_(out - in) {
    const std::int64_t m = in / 4;
    ext1_ = register_module("ext_conv1",
                            unit(conv(in, m, {.kernel = 2, .stride = 2, .padding = 0}), Act::kPrelu));
    ext2_ = register_module("ext_conv2", unit(conv(m, m), Act::kPrelu));
    ext3_ = register_module("ext_conv3", unit(conv(m, out, {.kernel = 1}), Act::kPrelu));
    drop_ = register_module("ext_regul", torch::nn::Dropout2d(dropout));
    act_ = register_module("out_activation", torch::nn::PReLU());
  }
  Pooled forward(const torch::Tensor& x) {
    const auto [pooled, indices] = torch::max_pool2d_with_indices(x, 2, 2);
    const torch::Tensor main = torch::constant_pad_nd(pooled, {0, 0, 0, 0, 0, extra_});
    const torch::Tensor map =
        ext3_->join(ext2_->forward(ext1_->forward(x)),
                    {.factors = drop_factors(drop_, main), .shortcut = main, .outer = leaky(act_->weight)});
    return {map, indices, x};
  }

 private:
  std::int64_t extra_;
  Stack ext1_{nullptr}, ext2_{nullptr}, ext3_{nullptr};
  torch::nn::Dropout2d drop_{nullptr};
  torch::nn::PReLU act_{nullptr};
};
TORCH_MODULE(Down);

class UpImpl : public torch::nn::Module {
 public:
  UpImpl(std::int64_t in, std::int64_t out, double dropout) {
    const std::int64_t m = in / 4;
    main_ = register_module("main_conv1", Stack(conv(in, out, {.kernel = 1}), batch_norm(out)));
    ext1_ = register_module("ext_conv1", unit(conv(in, m, {.kernel = 1}), Act::kRelu));
    enlarge_ = register_module(
        "ext_tconv1",
        torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(m, m, 2).stride(2).bias(false)));
    norm_ = register_module("ext_tconv1_bnorm", batch_norm(m));
    ext2_ = register_module("ext_conv2", Stack(conv(m, out, {.kernel = 1}), batch_norm(out)));
    drop_ = register_module("ext_regul", torch::nn::Dropout2d(dropout));
  }
  // `pooled` is of the downsampling that this undoes.
  torch::Tensor forward(const torch::Tensor& x, const Pooled& pooled) {
    const torch::Tensor main =
        torch::max_unpool2d(main_->forward(x), pooled.indices, pooled.before.sizes().slice(2));
    const torch::Tensor ext = norm_relu(norm_, enlarge_(ext1_->forward(x)));
    return ext2_->join(ext,
                       {.factors = drop_factors(drop_, main), .shortcut = main, .outer = relu_activation()});
  }

 private:
  Stack main_{nullptr}, ext1_{nullptr}, ext2_{nullptr};
  torch::nn::ConvTranspose2d enlarge_{nullptr};
  torch::nn::BatchNorm2d norm_{nullptr};
  torch::nn::Dropout2d drop_{nullptr};
};
TORCH_MODULE(Up);

class Enet final : public Model {
 public:
  Enet(const EnetConfig& config, const ModelShape& shape) : dropout_(config.dropout) {
    if (shape.bands >= kFirst) {
      throw ConfigError("enet takes at most " + std::to_string(kFirst - 1) + " bands, found " +
                        std::to_string(shape.bands) + ": its first layer of " + std::to_string(kFirst) +
                        " channels holds the bands themselves");
    }
    initial_ = register_module("initial_block", Initial(shape.bands, kFirst));
    down1_ = register_module("downsample1_0", Down(kFirst, 64, config.early_dropout));
    for (const char* name : {"regular1_1", "regular1_2", "regular1_3", "regular1_4"}) {
      stage1_.push_back(
          register_module(name, Bottleneck(64, BottleneckKind{}, config.early_dropout, Act::kPrelu)));
    }
    down2_ = register_module("downsample2_0", Down(64, 128, dropout_));
    add_context("2", 1);
    add_context("3", 0);
    up4_ = register_module("upsample4_0", Up(128, 64, dropout_));
    for (const char* name : {"regular4_1", "regular4_2"}) {
      stage4_.push_back(register_module(name, Bottleneck(64, BottleneckKind{}, dropout_, Act::kRelu)));
    }
    up5_ = register_module("upsample5_0", Up(64, kFirst, dropout_));
    regular5_ = register_module("regular5_1", Bottleneck(kFirst, BottleneckKind{}, dropout_, Act::kRelu));
    last_ =
        register_module("transposed_conv",
                        torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(kFirst, shape.classes, 3)
                                                       .stride(2)
                                                       .padding(1)
                                                       .output_padding(1)
                                                       .bias(false)));
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const PaddedImage padded(image, 8);
    const Pooled pooled1 = down1_(initial_(padded.image()));
    torch::Tensor x = pooled1.map;
    for (Bottleneck& each : stage1_) x = each(x);
    const Pooled pooled2 = down2_(x);
    x = pooled2.map;
    for (Bottleneck& each : context_) x = each(x);
    x = up4_(x, pooled2);
    for (Bottleneck& each : stage4_) x = each(x);
    x = regular5_(up5_(x, pooled1));
    return {padded.crop(last_(x)), {}};
  }

 private:
  static constexpr std::int64_t kFirst = 16;

  // The eight bottlenecks of a stage, named from `index` on.
  void add_context(const std::string& stage, int index) {
    const std::vector<std::pair<std::string, BottleneckKind>> kinds = {{"regular", {}},
                                                                       {"dilated", {.dilation = 2}},
                                                                       {"asymmetric", {.asymmetric = true}},
                                                                       {"dilated", {4}},
                                                                       {"regular", {}},
                                                                       {"dilated", {.dilation = 8}},
                                                                       {"asymmetric", {.asymmetric = true}},
                                                                       {"dilated", {16}}};
    for (const auto& [name, kind] : kinds) {
      const std::string full = name + stage + "_" + std::to_string(index++);
      context_.push_back(register_module(full, Bottleneck(128, kind, dropout_, Act::kPrelu)));
    }
  }

  double dropout_;
  Initial initial_{nullptr};
  Down down1_{nullptr}, down2_{nullptr};
  std::vector<Bottleneck> stage1_, context_, stage4_;
  Up up4_{nullptr}, up5_{nullptr};
  Bottleneck regular5_{nullptr};
  torch::nn::ConvTranspose2d last_{nullptr};
};

}  // namespace

void EnetConfig::fields(FieldVisitor& visit) {
  visit.field("early_dropout", early_dropout, from_below(0, 1));
  visit.field("dropout", dropout, from_below(0, 1));
}

std::shared_ptr<Model> make_enet(const EnetConfig& config, const ModelShape& shape) {
  return std::make_shared<Enet>(config, shape);
}

}  // namespace nadir
