// Atrous spatial pyramid pooling (https://arxiv.org/abs/1706.05587), what surrounds a pixel at five reaches,
// with the tensor names that torchvision and segmentation_models.pytorch share.
#pragma once

#include <torch/nn/modules/container/modulelist.h>

#include "models/blocks/stack.h"

namespace nadir {

struct PyramidShape {
  std::int64_t in = 2048;
  bool separable = false;  // dilated convolutions are depthwise, a 1x1 follows
  double dropout = 0.5;    // probability, after the projection
};

// [N, in, h, w] -> [N, 256, h, w]. Training needs batches of two or more: a batch norm follows a map of one
// pixel.
class AtrousPyramidImpl : public torch::nn::Module {
 public:
  static constexpr std::int64_t kChannels = 256;
  explicit AtrousPyramidImpl(const PyramidShape& shape);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::ModuleList convs_{nullptr};
  Stack project_{nullptr};
};
TORCH_MODULE(AtrousPyramid);

}  // namespace nadir
