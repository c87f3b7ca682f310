// EfficientNet (https://arxiv.org/abs/1905.11946) as timm has it: the layers of its classifier, and the
// encoder that segmentation_models.pytorch makes of it, with its names. b0 to b4 (smp's tu-efficientnet_b0 to
// b4) pad symmetrically. lite0 (tu-tf_efficientnet_lite0) is TensorFlow's EfficientNet-Lite0, b0 without
// squeeze and excitation and with ReLU6: strided convolutions are padded as TensorFlow pads them, batch norms
// have its epsilon.
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>

#include "models/blocks/conv.h"
#include "models/encoders/encoder.h"

namespace nadir {

struct EfficientnetBody {
  bool lite = false;
  torch::nn::Conv2d stem{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Sequential blocks;        // one layer for each of the seven stages
  std::vector<std::int64_t> channels;  // of each stage

  torch::Tensor forward_stem(const torch::Tensor& image);  // [N, C, H, W] -> what the blocks take
};
// SiLU, or ReLU6, of the normed map.
torch::Tensor efficientnet_activation(const torch::nn::BatchNorm2d& norm, const torch::Tensor& x, bool lite);
// TensorFlow's epsilon, but PyTorch's momentum: timm's tf_efficientnet_lite0.
NormFlavour efficientnet_norm(bool lite);
// `variant` is b0 to b4 or lite0.
EfficientnetBody make_efficientnet_body(const std::string& variant, const EncoderShape& shape);
// timm's first values for the convolutions below `module`.
void init_efficientnet(torch::nn::Module& module);

std::shared_ptr<Encoder> make_efficientnet_encoder(const std::string& variant, const EncoderShape& shape);

}  // namespace nadir
