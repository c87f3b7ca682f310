#include "models/segmentation/keras_unet.h"

#include "models/encoders/keras_resnet50.h"
#include "models/segmentation/graph_model.h"

namespace nadir {
namespace {

using Value = Graph::Value;

class KerasUnet final : public GraphModel {
 public:
  explicit KerasUnet(const ModelShape& shape) : GraphModel(16) {
    const auto backbone = register_module("ResNet50_backbone", std::make_shared<torch::nn::Module>());
    const std::vector<Value> maps = keras_resnet50(graph_, graph_.input(shape.bands), *backbone);
    graph_.section(*this, kKerasNorm, KerasInit::kGlorotUniform);
    Value x = maps[3];
    for (std::size_t i = 0; i < 4; ++i) {
      const std::string up = "unet_up" + std::to_string(i) + "_conv_";
      const std::int64_t channels = 512 >> i;
      x = unit(up + "before_concat_0", graph_.up_bilinear(x), channels);
      if (i < 3) x = graph_.cat({x, maps[2 - i]});
      x = unit(up + "after_concat_0", x, channels);
      x = unit(up + "after_concat_1", x, channels);
    }
    outputs_ = {graph_.conv("unet_output", x, shape.classes, {.kernel = 1, .bias = true})};
  }

 private:
  Value unit(const std::string& name, Value x, std::int64_t out) {
    return graph_.relu(graph_.norm(name + "_bn", graph_.conv(name, x, out)));
  }
};

}  // namespace

std::shared_ptr<Model> make_keras_resnet50_unet(const ModelShape& shape) {
  return std::make_shared<KerasUnet>(shape);
}

}  // namespace nadir
