// DenseNet-169 of Keras applications: torchvision's arithmetic but for the batch norms' epsilon of 1.001e-5.
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

// Registers its layers on `owner`. Gives maps of 1/2, 1/4, 1/8, 1/16 and 1/32 of the size, with 64, 128, 256,
// 640 and 1664 channels.
std::vector<Graph::Value> keras_densenet169(Graph& graph, Graph::Value image, torch::nn::Module& owner);

}  // namespace nadir
