#include "models/segmentation/unet6.h"

#include <torch/nn.h>

#include "models/blocks/activation.h"
#include "models/blocks/conv.h"
#include "models/blocks/init.h"
#include "models/blocks/padding.h"

namespace nadir {
namespace {

// Two convolutions with ReLU, dropout between them.
struct Level {
  torch::nn::Conv2d first{nullptr}, second{nullptr};
  torch::nn::Dropout drop{nullptr};

  torch::Tensor operator()(const torch::Tensor& x) {
    return second->forward(activate(Activation::kRelu, first->forward(x), drop_rate(drop))).relu_();
  }
};

class Unet6 final : public Model {
 public:
  Unet6(const Unet6Config& config, const ModelShape& shape) : multiple_(std::int64_t{1} << config.levels) {
    drop_ = register_module("dropout", torch::nn::Dropout(config.dropout));
    bridge_drop_ = register_module("bridge_dropout", torch::nn::Dropout(config.bridge_dropout));
    const auto channels = [&](std::int64_t level) { return config.start << level; };
    for (std::int64_t i = 0; i < config.levels; ++i) {
      down_.push_back(level(i > 0 ? channels(i - 1) : shape.bands, channels(i), drop_));
    }
    bridge_ = level(channels(config.levels - 1), channels(config.levels), bridge_drop_);
    for (std::int64_t i = config.levels - 1; i >= 0; --i) {
      enlarge_.push_back(
          register_module("u" + std::to_string(named_ + 1), doubling_conv(channels(i + 1), channels(i))));
      up_.push_back(level(2 * channels(i), channels(i), drop_));
    }
    outputs_ = register_module("outputs", conv(config.start, shape.classes, {.kernel = 1, .bias = true}));
    init_keras(*this, KerasInit::kHeNormal);
    fill_kernel(outputs_->weight, KerasInit::kGlorotUniform);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const PaddedImage padded(image, multiple_);
    std::vector<torch::Tensor> skips;
    torch::Tensor x = padded.image();
    for (Level& each : down_) {
      skips.push_back(each(x));
      x = torch::max_pool2d(skips.back(), 2);
    }
    x = bridge_(x);
    for (std::size_t i = 0; i < up_.size(); ++i) {
      x = up_[i](torch::cat({enlarge_[i](x), skips[skips.size() - 1 - i]}, 1));
    }
    return {padded.crop(outputs_(x)), {}};
  }

 private:
  Level level(std::int64_t in, std::int64_t out, const torch::nn::Dropout& drop) {
    const std::string name = "c" + std::to_string(++named_);
    return {register_module(name + "_1", conv(in, out, {.bias = true})),
            register_module(name + "_2", conv(out, out, {.bias = true})), drop};
  }

  std::int64_t multiple_;
  std::int64_t named_ = 0;  // levels that have a name so far
  torch::nn::Dropout drop_{nullptr}, bridge_drop_{nullptr};
  std::vector<Level> down_, up_;
  Level bridge_;
  std::vector<TransposedConv> enlarge_;
  torch::nn::Conv2d outputs_{nullptr};
};

}  // namespace

void Unet6Config::fields(FieldVisitor& visit) {
  visit.field("levels", levels, between(1, 8));
  visit.field("start", start, at_least(1));
  visit.field("dropout", dropout, from_below(0, 1));
  visit.field("bridge_dropout", bridge_dropout, from_below(0, 1));
}

std::shared_ptr<Model> make_unet6(const Unet6Config& config, const ModelShape& shape) {
  return std::make_shared<Unet6>(config, shape);
}

}  // namespace nadir
