// EfficientNet (https://arxiv.org/abs/1905.11946) as timm has it (efficientnet_b0 to b4, symmetric padding;
// tf_efficientnet_lite0), with its tensor names. b2 with 4 classes: 7,706,630 parameters; lite0 with 1000:
// 4,652,008.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct EfficientnetConfig {
  std::string variant = "b2";  // b0 to b4: wider and deeper; lite0: for small devices
  double dropout = 0;          // probability, before the classifier
  void fields(FieldVisitor& visit);
};

// Any image size.
std::shared_ptr<Model> make_efficientnet(const EfficientnetConfig& config, const ModelShape& shape);

}  // namespace nadir
