#include "models/classification/keras_classifier.h"

#include "models/blocks/padding.h"
#include "models/encoders/keras_efficientnet.h"
#include "models/encoders/keras_mobilenet_v2.h"
#include "models/encoders/keras_resnet50v2.h"

namespace nadir {
namespace {

using Value = Graph::Value;

Value last_map(const std::string& encoder, Graph& graph, Value image, torch::nn::Module& owner) {
  if (encoder == "keras.mobilenet_v2") return keras_mobilenet_v2(graph, image, owner);
  if (encoder == "keras.resnet50v2") return keras_resnet50v2(graph, image, owner);
  return keras_efficientnet(encoder.substr(encoder.rfind('b')), graph, image, owner).back();
}

class KerasClassifier final : public Model {
 public:
  KerasClassifier(const KerasClassifierConfig& config, const ModelShape& shape) {
    const Value map = last_map(config.encoder, graph_, graph_.input(shape.bands), *this);
    graph_.section(*this, kKerasNorm, KerasInit::kGlorotUniform);
    logits_ = graph_.linear("head", graph_.global_mean(map), shape.classes);
    if (!config.norm_momentum) return;
    for (const auto& module : modules(/*include_self=*/false)) {
      if (auto* norm = module->as<torch::nn::BatchNorm2d>()) norm->options.momentum(*config.norm_momentum);
    }
  }
  ModelOutput forward(const torch::Tensor& image) override {
    return {full_precision(graph_.run(image, {logits_})[0]), {}};
  }

 private:
  Graph graph_;
  Value logits_;
};

}  // namespace

void KerasClassifierConfig::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder,
              {"keras.mobilenet_v2", "keras.resnet50v2", "keras.efficientnet_b0", "keras.efficientnet_b1",
               "keras.efficientnet_b2", "keras.efficientnet_b3", "keras.efficientnet_b4"});
  visit.field("norm_momentum", norm_momentum, {.low = 0, .high = 1, .low_open = true});
}

std::shared_ptr<Model> make_keras_classifier(const KerasClassifierConfig& config, const ModelShape& shape) {
  return std::make_shared<KerasClassifier>(config, shape);
}

}  // namespace nadir
