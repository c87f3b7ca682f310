// What Keras's Inceptions are made of: convolution, batch norm without scale, ReLU. Keras gave these layers
// no names, so they carry the numbers in which they were made: conv2d, conv2d_1, ...
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

class InceptionUnits {
 public:
  static constexpr Graph::Conv kDown{.kernel = 3, .stride = 2};
  static constexpr Graph::Pool kHalve{.kernel = 3, .stride = 2};

  explicit InceptionUnits(Graph& graph) : graph_(graph) {}

  // What both begin with: maps of 1/2 and 1/4.
  std::vector<Graph::Value> stem(Graph::Value image) {
    Graph::Value x = (*this)((*this)(image, 32, kDown), 32, {});
    const Graph::Value half = (*this)(x, 64, {});
    x = (*this)(graph_.max_pool(half, kHalve), 80);
    return {half, (*this)(x, 192, {})};
  }

  Graph::Value operator()(Graph::Value x, std::int64_t out, const Graph::Conv& shape = {.kernel = 1}) {
    const std::string number = made_ == 0 ? "" : "_" + std::to_string(made_);
    ++made_;
    return named("conv2d" + number, "batch_normalization" + number, x, out, shape);
  }
  Graph::Value named(const std::string& conv, const std::string& norm, Graph::Value x, std::int64_t out,
                     const Graph::Conv& shape) {
    return graph_.relu(graph_.shift_norm(norm, graph_.conv(conv, x, out, shape)));
  }

 private:
  Graph& graph_;
  int made_ = 0;
};

}  // namespace nadir
