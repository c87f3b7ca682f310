#include "models/classification/mobilenet_v2.h"

#include <torch/nn.h>

#include "models/blocks/linear.h"
#include "models/blocks/padding.h"
#include "models/encoders/mobilenet_v2.h"

namespace nadir {
namespace {

class MobilenetV2 final : public Model {
 public:
  MobilenetV2(const MobilenetV2Config& config, const ModelShape& shape) {
    features_ = register_module("features", make_mobilenet_v2_features(shape.bands));
    const Linear last(kMobilenetV2Channels, shape.classes);
    classifier_ =
        register_module("classifier", torch::nn::Sequential(torch::nn::Dropout(config.dropout), last));
    torch::nn::init::normal_(last->weight, 0, 0.01);
    torch::nn::init::zeros_(last->bias);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    return {full_precision(classifier_->forward(features_->forward(image).mean({2, 3}))), {}};
  }

 private:
  torch::nn::Sequential features_{nullptr}, classifier_{nullptr};
};

}  // namespace

void MobilenetV2Config::fields(FieldVisitor& visit) { visit.field("dropout", dropout, from_below(0, 1)); }

std::shared_ptr<Model> make_mobilenet_v2(const MobilenetV2Config& config, const ModelShape& shape) {
  return std::make_shared<MobilenetV2>(config, shape);
}

}  // namespace nadir
