#include "models/encoders/keras_efficientnet.h"

#include "models/blocks/efficientnet_scale.h"
#include "models/blocks/stochastic_depth.h"

namespace nadir {
namespace {

using Value = Graph::Value;
using Inputs = std::vector<torch::Tensor>;

// Of the last block, were there as many as in b0; falls to 0 at the first.
constexpr double kDropConnect = 0.2;

Value squeeze_excite(Graph& graph, const std::string& name, Value x, std::int64_t squeezed) {
  Value y = graph.apply({x}, x.channels, [](const Inputs& in) {
    return in[0].mean({2, 3}, /*keepdim=*/true);
  });
  y = graph.silu(graph.conv(name + "_se_reduce", y, squeezed, {.kernel = 1, .bias = true}));
  y = graph.conv(name + "_se_expand", y, x.channels, {.kernel = 1, .bias = true});
  return graph.apply({x, y}, x.channels, [](const Inputs& in) { return in[0] * in[1].sigmoid(); });
}

Value drop_connect(Graph& graph, const std::string& name, Value y, double rate) {
  auto drop = graph.layer(name, torch::nn::Dropout(rate));
  return graph.apply({y}, y.channels,
                     [drop](const Inputs& in) mutable { return stochastic_depth(in[0], drop); });
}

struct Block {
  Value expanded;  // the skip, where the block halves the map
  Value result;
};

struct BlockShape {
  std::int64_t out, kernel, stride, expansion;
  double drop;
};

Block block(Graph& graph, const std::string& name, Value x, const BlockShape& shape) {
  Value expanded = x;
  if (shape.expansion > 1) {
    expanded = graph.conv(name + "_expand_conv", x, shape.expansion * x.channels, {.kernel = 1});
    expanded = graph.silu(graph.norm(name + "_expand_bn", expanded));
  }
  const Graph::Conv depthwise{.kernel = shape.kernel, .stride = shape.stride, .depthwise = true};
  Value y = graph.conv(name + "_dwconv", expanded, expanded.channels, depthwise);
  y = squeeze_excite(graph, name, graph.silu(graph.norm(name + "_bn", y)), x.channels / 4);
  y = graph.norm(name + "_project_bn", graph.conv(name + "_project_conv", y, shape.out, {.kernel = 1}));
  if (shape.stride > 1 || x.channels != shape.out) return {expanded, y};
  return {expanded, graph.add(drop_connect(graph, name + "_drop", y, shape.drop), x)};
}

}  // namespace

std::vector<Value> keras_efficientnet(const std::string& variant, Graph& graph, Value image,
                                      torch::nn::Module& owner) {
  const EfficientnetScale scale(variant);
  graph.section(owner, kKerasNorm, KerasInit::kFanOutNormal);
  Value x = graph.conv("stem_conv", image, scale.channels(32), {.stride = 2});
  x = graph.silu(graph.norm("stem_bn", x));
  std::int64_t blocks_of_b0 = 0;
  for (const EfficientnetStage& stage : kEfficientnetStages) blocks_of_b0 += stage.repeats;
  std::vector<Value> maps;
  int number = 0, index = 0;
  for (const EfficientnetStage& stage : kEfficientnetStages) {
    ++number;
    for (std::int64_t i = 0; i < scale.repeats(stage.repeats); ++i) {
      const double drop = kDropConnect * index++ / static_cast<double>(blocks_of_b0);
      const std::int64_t stride = i == 0 ? stage.stride : 1;
      const std::string name = "block" + std::to_string(number) + static_cast<char>('a' + i);
      const Block made = block(graph, name, x,
                               {scale.channels(stage.channels), stage.kernel, stride, stage.expansion, drop});
      if (stride > 1) maps.push_back(made.expanded);
      x = made.result;
    }
  }
  x = graph.conv("top_conv", x, scale.channels(1280), {.kernel = 1});
  maps.push_back(graph.silu(graph.norm("top_bn", x)));
  return maps;
}

}  // namespace nadir
