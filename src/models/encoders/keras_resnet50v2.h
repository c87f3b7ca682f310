// Keras applications' ResNet50V2: activation before the convolutions, biases where no norm follows, the
// stride of a stage in its last block. Not timm's resnetv2_50.
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

// Registers its layers on `owner`; gives the last map, 2048 channels at 1/32 of the size.
Graph::Value keras_resnet50v2(Graph& graph, Graph::Value image, torch::nn::Module& owner);

}  // namespace nadir
