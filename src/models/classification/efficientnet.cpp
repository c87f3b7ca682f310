#include "models/classification/efficientnet.h"

#include <torch/nn.h>

#include "models/blocks/conv.h"
#include "models/blocks/efficientnet_scale.h"
#include "models/blocks/linear.h"
#include "models/blocks/padding.h"
#include "models/encoders/efficientnet.h"

namespace nadir {
namespace {

class Efficientnet final : public Model {
 public:
  Efficientnet(const EfficientnetConfig& config, const ModelShape& shape) {
    body_ = make_efficientnet_body(config.variant, {.bands = shape.bands});
    const std::int64_t last = EfficientnetScale(config.variant).channels(1280);
    register_module("conv_stem", body_.stem);
    register_module("bn1", body_.norm);
    register_module("blocks", body_.blocks);
    head_ = register_module("conv_head", conv(body_.channels.back(), last, {.kernel = 1}));
    bn2_ = register_module("bn2", batch_norm(last, efficientnet_norm(body_.lite)));
    classifier_ = register_module("classifier", Linear(last, shape.classes));
    drop_ = register_module("drop", torch::nn::Dropout(config.dropout));
    init_efficientnet(*this);
    const double limit = 1 / std::sqrt(static_cast<double>(shape.classes));
    torch::nn::init::uniform_(classifier_->weight, -limit, limit);
    torch::nn::init::zeros_(classifier_->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const torch::Tensor map = body_.blocks->forward(body_.forward_stem(image));
    const torch::Tensor x = efficientnet_activation(bn2_, head_(map), body_.lite);
    return {full_precision(classifier_(drop_(x.mean({2, 3})))), {}};
  }

 private:
  EfficientnetBody body_;
  torch::nn::Conv2d head_{nullptr};
  torch::nn::BatchNorm2d bn2_{nullptr};
  Linear classifier_{nullptr};
  torch::nn::Dropout drop_{nullptr};
};

}  // namespace

void EfficientnetConfig::fields(FieldVisitor& visit) {
  visit.field("variant", variant, {"b0", "b1", "b2", "b3", "b4", "lite0"});
  visit.field("dropout", dropout, from_below(0, 1));
}

std::shared_ptr<Model> make_efficientnet(const EfficientnetConfig& config, const ModelShape& shape) {
  return std::make_shared<Efficientnet>(config, shape);
}

}  // namespace nadir
