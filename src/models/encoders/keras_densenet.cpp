#include "models/encoders/keras_densenet.h"

namespace nadir {
namespace {

using Value = Graph::Value;
using Inputs = std::vector<torch::Tensor>;

constexpr std::int64_t kGrowth = 32;  // channels that a layer adds

Value layer(Graph& graph, const std::string& name, Value x) {
  Value y = graph.relu(graph.norm(name + "_0_bn", x));
  y = graph.conv(name + "_1_conv", y, 4 * kGrowth, {.kernel = 1});
  y = graph.conv(name + "_2_conv", graph.relu(graph.norm(name + "_1_bn", y)), kGrowth);
  return graph.cat({x, y});
}

}  // namespace

std::vector<Value> keras_densenet169(Graph& graph, Value image, torch::nn::Module& owner) {
  graph.section(owner, {.eps = 1.001e-5, .momentum = 0.01}, KerasInit::kGlorotUniform);
  Value x = graph.conv("conv1_conv", image, 64, {.kernel = 7, .stride = 2, .padding = 3});
  x = graph.relu(graph.norm("conv1_bn", x));
  std::vector<Value> maps = {x};
  x = graph.max_pool(x, {.kernel = 3, .stride = 2, .padding = 1});
  const std::vector<std::int64_t> blocks = {6, 12, 32, 32};
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::string number = std::to_string(i + 2);
    for (std::int64_t j = 1; j <= blocks[i]; ++j) {
      x = layer(graph, "conv" + number + "_block" + std::to_string(j), x);
    }
    if (i + 1 == blocks.size()) break;
    const Value active = graph.relu(graph.norm("pool" + number + "_bn", x));
    x = graph.conv("pool" + number + "_conv", active, x.channels / 2, {.kernel = 1});
    maps.push_back(x);
    x = graph.apply({x}, x.channels, [](const Inputs& in) { return torch::avg_pool2d(in[0], 2); });
  }
  maps.push_back(graph.relu(graph.norm("bn", x)));
  return maps;
}

}  // namespace nadir
