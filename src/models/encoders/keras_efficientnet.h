// EfficientNet of the Python package of this name for Keras: 'same' padding, batch norms with epsilon 1e-3.
// timm calls this arithmetic tf_efficientnet.
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

// Registers the layers of a variant, "b0" to "b4", on `owner`. Gives maps of 1/2, 1/4, 1/8, 1/16 and 1/32 of
// the size; the last is the one that a classifier looks at.
std::vector<Graph::Value> keras_efficientnet(const std::string& variant, Graph& graph, Graph::Value image,
                                             torch::nn::Module& owner);

}  // namespace nadir
