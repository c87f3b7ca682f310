// What Keras's layers call their weights, in which order they have them, and how PyTorch lays them out.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace nadir {

// A layer's class as Keras writes it in files, "conv2d", and what of its settings leaves weights out.
struct KerasKind {
  std::string name;  // "" when the file does not say
  bool scale = true, center = true;
};

enum class KerasLayout {
  kSame,
  kKernel,     // the last two dimensions first: convolutions and dense layers
  kDepthwise,  // (h, w, in, multiple) -> (in * multiple, 1, h, w)
  kFlat,       // PReLU's (1, 1, C) -> (C)
};

struct KerasWeight {
  std::string name;  // "weight", "running_mean"; what PyTorch has no name for keeps Keras's
  KerasLayout layout = KerasLayout::kSame;
};

// By Keras's own name: "kernel", "moving_variance".
KerasWeight keras_weight(const KerasKind& kind, const std::string& variable);
// By place among `count` weights of the layer, for files that have no names.
KerasWeight keras_weight(const KerasKind& kind, std::size_t place, std::size_t count);

torch::Tensor to_torch_layout(const torch::Tensor& tensor, KerasLayout layout);

// "DepthwiseConv2D" -> "depthwise_conv2d"
std::string keras_snake_case(const std::string& class_name);
// "depthwise_conv2d_7" -> "depthwise_conv2d"
std::string keras_kind_of_group(const std::string& group);

}  // namespace nadir
