// UNet 3+ (https://arxiv.org/abs/2004.08790) with deep supervision and the classification-guided module: on
// Keras's ResNet50 as keras-unet-collection makes it, where with 3 bands and 2 classes Keras counts
// 10,849,706 weights, or on other encoders as in the paper.
//
// The module finds one number m in (0, 1) for an image, whether anything is in it, and every output's
// probabilities sigmoid(s) are multiplied by m. The logits given here are those of the product:
// sigmoid(logits) = m sigmoid(s).
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct Unet3plusConfig {
  std::string encoder = "keras.resnet50";  // the part ResNet50_backbone; of others, encoder
  bool deep_supervision = true;            // an auxiliary output from each of the other four levels
  bool classification_guided = true;       // multiply by m; otherwise the logits are s
  double dropout = 0.3;                    // probability, before the module's convolution
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size: sides that are no multiples of 16 (with another encoder 32) are padded inside and cut back.
// Auxiliary outputs come from the decoder's maps of falling size.
std::shared_ptr<Model> make_unet3plus(const Unet3plusConfig& config, const ModelShape& shape);

// log(p / (1 - p)) of p = sigmoid(a) sigmoid(b), without loss of digits where p is near 0 or 1.
torch::Tensor product_logit(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace nadir
