#include "models/encoders/keras_mobilenet_v2.h"

namespace nadir {
namespace {

using Value = Graph::Value;
Value block(Graph& graph, const std::string& name, Value x, std::int64_t out, std::int64_t stride,
            std::int64_t expansion) {
  Value y = x;
  if (expansion > 1) {
    y = graph.conv(name + "_expand", y, expansion * x.channels, {.kernel = 1});
    y = graph.relu6(graph.norm(name + "_expand_BN", y));
  }
  y = graph.conv(name + "_depthwise", y, y.channels, {.stride = stride, .depthwise = true});
  y = graph.relu6(graph.norm(name + "_depthwise_BN", y));
  y = graph.norm(name + "_project_BN", graph.conv(name + "_project", y, out, {.kernel = 1}));
  return stride == 1 && x.channels == out ? graph.add(x, y) : y;
}

}  // namespace

Value keras_mobilenet_v2(Graph& graph, Value image, torch::nn::Module& owner) {
  graph.section(owner, {.eps = 1e-3, .momentum = 0.001}, KerasInit::kGlorotUniform);
  Value x = graph.conv("Conv1", image, 32, {.stride = 2});
  x = graph.relu6(graph.norm("bn_Conv1", x));
  x = block(graph, "expanded_conv", x, 16, 1, 1);
  struct Stage {
    std::int64_t channels, repeats, stride;
  };
  int number = 1;
  for (const Stage& stage : {Stage{24, 2, 2}, Stage{32, 3, 2}, Stage{64, 4, 2}, Stage{96, 3, 1},
                             Stage{160, 3, 2}, Stage{320, 1, 1}}) {
    for (std::int64_t i = 0; i < stage.repeats; ++i) {
      x = block(graph, "block_" + std::to_string(number++), x, stage.channels, i == 0 ? stage.stride : 1, 6);
    }
  }
  return graph.relu6(graph.norm("Conv_1_bn", graph.conv("Conv_1", x, 1280, {.kernel = 1})));
}

}  // namespace nadir
