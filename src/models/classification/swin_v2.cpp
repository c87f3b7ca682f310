#include "models/classification/swin_v2.h"

#include <torch/nn.h>

#include "models/blocks/linear.h"
#include "models/blocks/padding.h"
#include "models/encoders/swin_v2.h"

namespace nadir {
namespace {

class SwinV2 final : public Model {
 public:
  SwinV2(const SwinV2Config& config, const ModelShape& shape) {
    const SwinV2Features made = make_swin_v2_features(config.variant, shape.bands, config.stochastic_depth);
    const std::int64_t width = made.channels.back();
    features_ = register_module("features", made.layers);
    norm_ = register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
    head_ = register_module("head", Linear(width, shape.classes));
    torch::nn::init::normal_(head_->weight, 0, 0.02);
    torch::nn::init::zeros_(head_->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    require_sides("swin_v2", image, 4);
    const torch::Tensor x = norm_(features_->forward(image));  // [N, H, W, C]
    return {full_precision(head_(x.mean({1, 2}))), {}};
  }

 private:
  torch::nn::Sequential features_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  Linear head_{nullptr};
};

}  // namespace

void SwinV2Config::fields(FieldVisitor& visit) {
  visit.field("variant", variant, {"t", "s", "b"});
  visit.field("stochastic_depth", stochastic_depth, from_below(0, 1));
}

std::shared_ptr<Model> make_swin_v2(const SwinV2Config& config, const ModelShape& shape) {
  return std::make_shared<SwinV2>(config, shape);
}

}  // namespace nadir
