#include "models/classification/resnetv2.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/padding.h"
#include "models/blocks/wrapped_conv.h"
#include "models/encoders/resnetv2.h"

namespace nadir {
namespace {

class Resnetv2 final : public Model {
 public:
  Resnetv2(const Resnetv2Config& config, const ModelShape& shape) {
    const Resnetv2Body body = make_resnetv2_body(config.depth, {.bands = shape.bands});
    stem_ = register_module("stem", WrappedConv("conv", body.stem));
    stages_ = register_module("stages", torch::nn::Sequential());
    for (const torch::nn::AnyModule& stage : body.stages) stages_->push_back(stage);
    const std::int64_t in = body.channels.back();
    norm_ = register_module("norm", batch_norm(in));
    const auto last = conv(in, shape.classes, {.kernel = 1, .bias = true});
    head_ = register_module("head", WrappedConv("fc", last));
    torch::nn::init::normal_(last->weight, 0, 0.01);
    torch::nn::init::zeros_(last->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const torch::Tensor x = norm_(stages_->forward(torch::max_pool2d(stem_(image), 3, 2, 1))).relu_();
    return {full_precision(head_(x.mean({2, 3}, /*keepdim=*/true)).flatten(1)), {}};
  }

 private:
  WrappedConv stem_{nullptr}, head_{nullptr};
  torch::nn::Sequential stages_{nullptr};
  torch::nn::BatchNorm2d norm_{nullptr};
};

}  // namespace

void Resnetv2Config::fields(FieldVisitor& visit) { visit.field("depth", depth); }

void Resnetv2Config::validate() const {
  if (depth != 50 && depth != 101)
    throw ConfigError("depth is " + std::to_string(depth) + "; it is 50 or 101");
}

std::shared_ptr<Model> make_resnetv2(const Resnetv2Config& config, const ModelShape& shape) {
  return std::make_shared<Resnetv2>(config, shape);
}

}  // namespace nadir
