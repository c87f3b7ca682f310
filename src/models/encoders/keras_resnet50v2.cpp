#include "models/encoders/keras_resnet50v2.h"

namespace nadir {
namespace {

using Value = Graph::Value;
using Inputs = std::vector<torch::Tensor>;

Value block(Graph& graph, const std::string& name, Value x, std::int64_t filters, std::int64_t stride,
            bool first) {
  const Value active = graph.relu(graph.norm(name + "_preact_bn", x));
  Value y = graph.conv(name + "_1_conv", active, filters, {.kernel = 1});
  y = graph.relu(graph.norm(name + "_1_bn", y));
  y = graph.conv(name + "_2_conv", y, filters, {.stride = stride, .padding = 1});
  y = graph.relu(graph.norm(name + "_2_bn", y));
  const Graph::Conv wide{.kernel = 1, .bias = true};
  Value shortcut = stride > 1 ? graph.max_pool(x, {.kernel = 1, .stride = stride, .padding = 0}) : x;
  if (first) shortcut = graph.conv(name + "_0_conv", active, 4 * filters, wide);
  return graph.add(shortcut, graph.conv(name + "_3_conv", y, 4 * filters, wide));
}

}  // namespace

Value keras_resnet50v2(Graph& graph, Value image, torch::nn::Module& owner) {
  graph.section(owner, {.eps = 1.001e-5, .momentum = 0.01}, KerasInit::kGlorotUniform);
  Value x = graph.conv("conv1_conv", image, 64, {.kernel = 7, .stride = 2, .bias = true, .padding = 3});
  // No activation came before, so the zeros around the map can win.
  x = graph.apply({x}, x.channels, [](const Inputs& in) {
    return torch::max_pool2d(torch::constant_pad_nd(in[0], {1, 1, 1, 1}), 3, 2);
  });
  const std::vector<std::int64_t> blocks = {3, 4, 6, 3};
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const std::string name = "conv" + std::to_string(stage + 2) + "_block";
    for (std::int64_t i = 1; i <= blocks[stage]; ++i) {
      const std::int64_t stride = i == blocks[stage] && stage < 3 ? 2 : 1;
      x = block(graph, name + std::to_string(i), x, 64 << stage, stride, i == 1);
    }
  }
  return graph.relu(graph.norm("post_bn", x));
}

}  // namespace nadir
