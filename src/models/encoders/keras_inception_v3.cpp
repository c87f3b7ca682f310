#include "models/encoders/keras_inception_v3.h"

#include "models/encoders/keras_inception_units.h"

namespace nadir {
namespace {

using Value = Graph::Value;
using Conv = Graph::Conv;

constexpr Conv kDown = InceptionUnits::kDown;
constexpr Graph::Pool kHalve = InceptionUnits::kHalve;

// The paper's modules. Branches are listed as Keras makes them, which numbers their layers.
class Modules {
 public:
  explicit Modules(Graph& graph) : graph_(graph), unit_(graph) {}

  std::vector<Value> stem(Value image) { return unit_.stem(image); }
  // Small kernels; `pooled` channels after the mean.
  Value a(Value x, std::int64_t pooled) {
    return graph_.cat({unit_(x, 64), unit_(unit_(x, 48), 64, {.kernel = 5}),
                       unit_(unit_(unit_(x, 64), 96, {}), 96, {}), unit_(graph_.mean_pool(x), pooled)});
  }
  Value halve_a(Value x) {
    return graph_.cat(
        {unit_(x, 384, kDown), unit_(unit_(unit_(x, 64), 96, {}), 96, kDown), graph_.max_pool(x, kHalve)});
  }
  // 7x7 kernels taken apart into rows and columns, `middle` channels between.
  Value b(Value x, std::int64_t middle) {
    const Value one = unit_(x, 192);
    const Value once = unit_(unit_(unit_(x, middle), middle, kRow), 192, kColumn);
    Value twice = unit_(unit_(x, middle), middle, kColumn);
    twice = unit_(unit_(unit_(twice, middle, kRow), middle, kColumn), 192, kRow);
    return graph_.cat({one, once, twice, unit_(graph_.mean_pool(x), 192)});
  }
  Value halve_b(Value x) {
    const Value small = unit_(unit_(x, 192), 320, kDown);
    const Value large = unit_(unit_(unit_(unit_(x, 192), 192, kRow), 192, kColumn), 192, kDown);
    return graph_.cat({small, large, graph_.max_pool(x, kHalve)});
  }
  // Branches that end in a row and a column side by side.
  Value c(Value x) {
    const Value one = unit_(x, 320);
    const Value small = split(unit_(x, 384));
    const Value large = split(unit_(unit_(x, 448), 384, {}));
    return graph_.cat({one, small, large, unit_(graph_.mean_pool(x), 192)});
  }

 private:
  static constexpr Conv kRow{.kernel = 1, .width = 7}, kColumn{.kernel = 7, .width = 1};

  Value split(Value x) {
    return graph_.cat({unit_(x, 384, {.kernel = 1, .width = 3}), unit_(x, 384, {.kernel = 3, .width = 1})});
  }

  Graph& graph_;
  InceptionUnits unit_;
};

}  // namespace

std::vector<Value> keras_inception_v3(Graph& graph, Value image, torch::nn::Module& owner) {
  graph.section(owner, kKerasNorm, KerasInit::kGlorotUniform);
  Modules module(graph);
  std::vector<Value> maps = module.stem(image);
  Value x = graph.max_pool(maps.back(), kHalve);
  for (const std::int64_t pooled : {32, 64, 64}) x = module.a(x, pooled);
  maps.push_back(x);
  x = module.halve_a(x);
  for (const std::int64_t middle : {128, 160, 160, 192}) x = module.b(x, middle);
  maps.push_back(x);
  x = module.c(module.c(module.halve_b(x)));
  maps.push_back(x);
  return maps;
}

}  // namespace nadir
