// Convolutions and batch norms, with what frameworks do differently said by name.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <array>
#include <cstdint>
#include <optional>

#include "models/blocks/transposed_conv.h"

namespace nadir {

struct ConvShape {
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t groups = 1;
  std::optional<std::int64_t> padding;  // each side; by default what keeps the size at stride 1
  bool bias = false;
};
torch::nn::Conv2d conv(std::int64_t in, std::int64_t out, const ConvShape& shape = {});

// As conv, keeping the channels, with a kernel of `height` x `width`; `shape` gives dilation and bias.
torch::nn::Conv2d strip_conv(std::int64_t channels, std::array<std::int64_t, 2> kernel,
                             const ConvShape& shape = {});

// All convolutions below `module` keep the size of their maps and dilate by `rate`, as
// segmentation_models.pytorch does with the last stages of an encoder.
void dilate_convolutions(torch::nn::Module& module, std::int64_t rate);

// `momentum` is PyTorch's: the share of the new batch in the running statistics.
struct NormFlavour {
  double eps = 1e-5;
  double momentum = 0.1;
};
constexpr NormFlavour kTorchNorm{};
constexpr NormFlavour kKerasNorm{.eps = 1e-3, .momentum = 0.01};
torch::nn::BatchNorm2d batch_norm(std::int64_t channels, const NormFlavour& flavour = kTorchNorm);

// Twice as high and wide: kernel 2, stride 2, with bias; the same in Keras and PyTorch.
TransposedConv doubling_conv(std::int64_t in, std::int64_t out);

}  // namespace nadir
