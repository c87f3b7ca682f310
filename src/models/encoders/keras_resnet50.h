// Keras applications' ResNet50: convolutions with bias, the stride of a block on its first 1x1 convolution,
// batch norms with epsilon 1.001e-5. Not torchvision's resnet50; weights do not fit between the two.
#pragma once

#include "models/blocks/graph.h"

namespace nadir {

inline constexpr const char* kKerasResnet50 = "keras.resnet50";  // as configs name it

// Registers the layers up to conv4_block6_out on `owner`. Gives maps of 1/2, 1/4, 1/8 and 1/16 of the size,
// with 64, 256, 512 and 1024 channels. Keras counts 8,589,184 weights with 3 bands.
std::vector<Graph::Value> keras_resnet50(Graph& graph, Graph::Value image, torch::nn::Module& owner);

}  // namespace nadir
