// Keras applications' InceptionResNetV2 (https://arxiv.org/abs/1602.07261) as segmentation_models cuts it:
// every convolution and pooling padded 'same', batch norms without scale.
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

// Registers its layers on `owner`. Gives maps of 1/2, 1/4, 1/8, 1/16 and 1/32 of the size, with 64, 192, 320,
// 1088 and 1536 channels.
std::vector<Graph::Value> keras_inception_resnet_v2(Graph& graph, Graph::Value image,
                                                    torch::nn::Module& owner);

}  // namespace nadir
