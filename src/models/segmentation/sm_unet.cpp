#include "models/segmentation/sm_unet.h"

#include "models/encoders/keras_densenet.h"
#include "models/encoders/keras_efficientnet.h"
#include "models/encoders/keras_inception_resnet_v2.h"
#include "models/encoders/keras_inception_v3.h"
#include "models/encoders/keras_resnet34.h"
#include "models/segmentation/graph_model.h"

namespace nadir {
namespace {

using Value = Graph::Value;

struct Item {
  std::string name;
  std::function<std::vector<Value>(Graph&, Value, torch::nn::Module&)> build;  // maps of 1/2 to 1/32
};

Item efficientnet(const std::string& variant) {
  return {"keras.efficientnet_" + variant, [variant](Graph& graph, Value image, torch::nn::Module& owner) {
            return keras_efficientnet(variant, graph, image, owner);
          }};
}

const std::vector<Item>& encoders() {
  static const std::vector<Item> list = {
      {"keras.resnet34", keras_resnet34},
      {"keras.densenet169", keras_densenet169},
      {"keras.inception_v3", keras_inception_v3},
      {"keras.inception_resnet_v2", keras_inception_resnet_v2},
      efficientnet("b0"),
      efficientnet("b1"),
      efficientnet("b2"),
      efficientnet("b3"),
      efficientnet("b4"),
  };
  return list;
}

class SmUnet final : public GraphModel {
 public:
  SmUnet(const Item& encoder, const ModelShape& shape) : GraphModel(32) {
    std::vector<Value> maps = encoder.build(graph_, graph_.input(shape.bands), *this);
    graph_.section(*this, kKerasNorm, KerasInit::kHeUniform);
    Value x = maps.back();
    maps.pop_back();
    for (std::size_t i = 0; i < 5; ++i) {
      const std::string stage = "decoder_stage" + std::to_string(i);
      const std::int64_t channels = 256 >> i;
      x = graph_.up_nearest(x);
      if (i < maps.size()) x = graph_.cat({x, maps[maps.size() - 1 - i]});
      x = unit(stage + "a", x, channels);
      x = unit(stage + "b", x, channels);
    }
    graph_.section(*this, kKerasNorm, KerasInit::kGlorotUniform);
    outputs_ = {graph_.conv("final_conv", x, shape.classes, {.bias = true})};
  }

 private:
  Value unit(const std::string& name, Value x, std::int64_t out) {
    return graph_.relu(graph_.norm(name + "_bn", graph_.conv(name + "_conv", x, out)));
  }
};

}  // namespace

std::shared_ptr<Model> make_sm_unet(const std::string& encoder, const ModelShape& shape) {
  for (const Item& each : encoders()) {
    if (each.name == encoder) return std::make_shared<SmUnet>(each, shape);
  }
  throw_unknown_name("encoder", encoder, sm_encoder_names(), {});
}

std::vector<std::string> sm_encoder_names() {
  std::vector<std::string> names;
  for (const Item& each : encoders()) names.push_back(each.name);
  return names;
}

}  // namespace nadir
