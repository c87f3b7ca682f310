// Keras applications' InceptionV3 (https://arxiv.org/abs/1512.00567) as segmentation_models cuts it: every
// convolution and pooling padded 'same', batch norms without scale. Weights fit Keras's; torchvision's
// inception_v3 has other names, and scales.
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

// Registers its layers on `owner`. Gives maps of 1/2, 1/4, 1/8, 1/16 and 1/32 of the size, with 64, 192, 288,
// 768 and 2048 channels.
std::vector<Graph::Value> keras_inception_v3(Graph& graph, Graph::Value image, torch::nn::Module& owner);

}  // namespace nadir
