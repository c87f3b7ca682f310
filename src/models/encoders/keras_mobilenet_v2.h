// Keras applications' MobileNetV2: 'same' padding, batch norms with epsilon 1e-3 and momentum 0.999. Weights
// have the shapes of torchvision's, but other names and other arithmetic.
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

// Registers its layers on `owner`; gives the last map, 1280 channels at 1/32 of the size.
Graph::Value keras_mobilenet_v2(Graph& graph, Graph::Value image, torch::nn::Module& owner);

}  // namespace nadir
