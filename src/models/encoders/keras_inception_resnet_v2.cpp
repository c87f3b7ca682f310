#include "models/encoders/keras_inception_resnet_v2.h"

#include "models/encoders/keras_inception_units.h"

namespace nadir {
namespace {

using Value = Graph::Value;
using Conv = Graph::Conv;
using Inputs = std::vector<torch::Tensor>;

constexpr Conv kDown = InceptionUnits::kDown;
constexpr Graph::Pool kHalve = InceptionUnits::kHalve;

// The paper's modules. Branches are listed as Keras makes them, which numbers their layers.
class Modules {
 public:
  explicit Modules(Graph& graph) : graph_(graph), unit_(graph) {}

  std::vector<Value> stem(Value image) { return unit_.stem(image); }
  Value mixed_5b(Value x) {
    return graph_.cat({unit_(x, 96), unit_(unit_(x, 48), 64, {.kernel = 5}),
                       unit_(unit_(unit_(x, 64), 96, {}), 96, {}), unit_(graph_.mean_pool(x), 64)});
  }
  Value block35(const std::string& name, Value x) {
    const Value mixed =
        graph_.cat({unit_(x, 32), unit_(unit_(x, 32), 32, {}), unit_(unit_(unit_(x, 32), 48, {}), 64, {})});
    return graph_.relu(residual(name, x, mixed, 0.17));
  }
  Value mixed_6a(Value x) {
    return graph_.cat(
        {unit_(x, 384, kDown), unit_(unit_(unit_(x, 256), 256, {}), 384, kDown), graph_.max_pool(x, kHalve)});
  }
  Value block17(const std::string& name, Value x) {
    const Value one = unit_(x, 192);
    const Value wide =
        unit_(unit_(unit_(x, 128), 160, {.kernel = 1, .width = 7}), 192, {.kernel = 7, .width = 1});
    return graph_.relu(residual(name, x, graph_.cat({one, wide}), 0.1));
  }
  Value mixed_7a(Value x) {
    return graph_.cat({unit_(unit_(x, 256), 384, kDown), unit_(unit_(x, 256), 288, kDown),
                       unit_(unit_(unit_(x, 256), 288, {}), 320, kDown), graph_.max_pool(x, kHalve)});
  }
  // Without the ReLU at its end, which the last one does not have.
  Value block8(const std::string& name, Value x, double scale) {
    const Value one = unit_(x, 192);
    const Value wide =
        unit_(unit_(unit_(x, 192), 224, {.kernel = 1, .width = 3}), 256, {.kernel = 3, .width = 1});
    return residual(name, x, graph_.cat({one, wide}), scale);
  }
  Value conv_7b(Value x) { return unit_.named("conv_7b", "conv_7b_bn", x, 1536, {.kernel = 1}); }

 private:
  // x + scale * (a 1x1 convolution of what the branches found)
  Value residual(const std::string& name, Value x, Value mixed, double scale) {
    const Value up = graph_.conv(name + "_conv", mixed, x.channels, {.kernel = 1, .bias = true});
    return graph_.apply({x, up}, x.channels,
                        [scale](const Inputs& in) { return torch::add(in[0], in[1], scale); });
  }

  Graph& graph_;
  InceptionUnits unit_;
};

}  // namespace

std::vector<Value> keras_inception_resnet_v2(Graph& graph, Value image, torch::nn::Module& owner) {
  graph.section(owner, kKerasNorm, KerasInit::kGlorotUniform);
  Modules module(graph);
  std::vector<Value> maps = module.stem(image);
  Value x = module.mixed_5b(graph.max_pool(maps.back(), kHalve));
  for (int i = 1; i <= 10; ++i) x = module.block35("block35_" + std::to_string(i), x);
  maps.push_back(x);
  x = module.mixed_6a(x);
  for (int i = 1; i <= 20; ++i) x = module.block17("block17_" + std::to_string(i), x);
  maps.push_back(x);
  x = module.mixed_7a(x);
  for (int i = 1; i <= 9; ++i) x = graph.relu(module.block8("block8_" + std::to_string(i), x, 0.2));
  maps.push_back(module.conv_7b(module.block8("block8_10", x, 1)));
  return maps;
}

}  // namespace nadir
