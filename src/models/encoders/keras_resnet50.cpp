#include "models/encoders/keras_resnet50.h"

namespace nadir {
namespace {

using Value = Graph::Value;

Value block(Graph& graph, const std::string& name, Value x, std::int64_t filters, std::int64_t stride,
            bool project) {
  const auto layer = [&](const std::string& number, Value in, std::int64_t out, const Graph::Conv& shape) {
    return graph.norm(name + number + "_bn", graph.conv(name + number + "_conv", in, out, shape));
  };
  const Graph::Conv narrow{.kernel = 1, .stride = stride, .bias = true};
  const Value shortcut = project ? layer("_0", x, 4 * filters, narrow) : x;
  Value y = graph.relu(layer("_1", x, filters, narrow));
  y = graph.relu(layer("_2", y, filters, {.bias = true}));
  y = layer("_3", y, 4 * filters, {.kernel = 1, .bias = true});
  return graph.relu(graph.add(shortcut, y));
}

}  // namespace

std::vector<Value> keras_resnet50(Graph& graph, Value image, torch::nn::Module& owner) {
  graph.section(owner, {.eps = 1.001e-5, .momentum = 0.01}, KerasInit::kGlorotUniform);
  Value x = graph.conv("conv1_conv", image, 64, {.kernel = 7, .stride = 2, .bias = true, .padding = 3});
  x = graph.relu(graph.norm("conv1_bn", x));
  std::vector<Value> maps = {x};
  // What is pooled is above 0, so PyTorch's padding by the least value equals Keras's by zeros.
  x = graph.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
  struct Stage {
    std::int64_t blocks, filters, stride;
  };
  int number = 2;
  for (const Stage& stage : {Stage{3, 64, 1}, Stage{4, 128, 2}, Stage{6, 256, 2}}) {
    for (std::int64_t i = 1; i <= stage.blocks; ++i) {
      const std::string name = "conv" + std::to_string(number) + "_block" + std::to_string(i);
      x = block(graph, name, x, stage.filters, i == 1 ? stage.stride : 1, i == 1);
    }
    maps.push_back(x);
    ++number;
  }
  return maps;
}

}  // namespace nadir
