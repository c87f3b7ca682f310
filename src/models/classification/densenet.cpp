#include "models/classification/densenet.h"

#include <torch/nn.h>

#include "models/blocks/linear.h"
#include "models/blocks/padding.h"
#include "models/encoders/densenet.h"

namespace nadir {
namespace {

class Densenet final : public Model {
 public:
  Densenet(const DensenetConfig& config, const ModelShape& shape) {
    const DensenetFeatures made = make_densenet_features(config.depth, shape.bands);
    features_ = register_module("features", made.layers);
    classifier_ = register_module("classifier", Linear(made.channels.back(), shape.classes));
    torch::nn::init::zeros_(classifier_->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    require_sides("densenet", image, 29);
    const torch::Tensor x = features_->forward(image).relu_();
    return {full_precision(classifier_(x.mean({2, 3}))), {}};
  }

 private:
  torch::nn::Sequential features_{nullptr};
  Linear classifier_{nullptr};
};

}  // namespace

void DensenetConfig::fields(FieldVisitor& visit) { visit.field("depth", depth); }

void DensenetConfig::validate() const {
  if (depth != 121 && depth != 169)
    throw ConfigError("depth is " + std::to_string(depth) + "; it is 121 or 169");
}

std::shared_ptr<Model> make_densenet(const DensenetConfig& config, const ModelShape& shape) {
  return std::make_shared<Densenet>(config, shape);
}

}  // namespace nadir
