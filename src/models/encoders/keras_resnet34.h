// The ResNet-34 of Keras's classification_models: pre-activation units, a batch norm on the image, batch
// norms with epsilon 2e-5. Neither torchvision's resnet34 nor segmentation_models.pytorch's.
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

// Registers its layers on `owner`. Gives maps of 1/2, 1/4, 1/8, 1/16 and 1/32 of the size, with 64, 64, 128,
// 256 and 512 channels.
std::vector<Graph::Value> keras_resnet34(Graph& graph, Graph::Value image, torch::nn::Module& owner);

}  // namespace nadir
