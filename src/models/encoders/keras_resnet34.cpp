#include "models/encoders/keras_resnet34.h"

namespace nadir {
namespace {

using Value = Graph::Value;

struct Unit {
  Value activated;  // what the first convolution sees; a skip where the unit halves the map
  Value result;
};

Unit unit(Graph& graph, const std::string& name, Value x, std::int64_t filters, std::int64_t stride,
          bool first) {
  const Value activated = graph.relu(graph.norm(name + "bn1", x));
  Value y = graph.conv(name + "conv1", activated, filters, {.stride = stride, .padding = 1});
  y = graph.relu(graph.norm(name + "bn2", y));
  y = graph.conv(name + "conv2", y, filters, {.padding = 1});
  const Value shortcut =
      first ? graph.conv(name + "sc", activated, filters, {.kernel = 1, .stride = stride, .padding = 0}) : x;
  return {activated, graph.add(y, shortcut)};
}

}  // namespace

std::vector<Value> keras_resnet34(Graph& graph, Value image, torch::nn::Module& owner) {
  graph.section(owner, {.eps = 2e-5, .momentum = 0.01}, KerasInit::kHeUniform);
  Value x = graph.shift_norm("bn_data", image);
  x = graph.conv("conv0", x, 64, {.kernel = 7, .stride = 2, .padding = 3});
  x = graph.relu(graph.norm("bn0", x));
  std::vector<Value> maps = {x};
  x = graph.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
  const std::vector<std::int64_t> units = {3, 4, 6, 3};
  for (std::size_t stage = 0; stage < units.size(); ++stage) {
    const std::string name = "stage" + std::to_string(stage + 1) + "_unit";
    for (std::int64_t i = 1; i <= units[stage]; ++i) {
      const std::int64_t stride = i == 1 && stage > 0 ? 2 : 1;
      const Unit made = unit(graph, name + std::to_string(i) + "_", x, 64 << stage, stride, i == 1);
      if (stride == 2) maps.push_back(made.activated);
      x = made.result;
    }
  }
  maps.push_back(graph.relu(graph.norm("bn1", x)));
  return maps;
}

}  // namespace nadir
