// MobileNetV2 (https://arxiv.org/abs/1801.04381) as torchvision has it, with its tensor names. With 2 classes
// 2,226,434 parameters.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct MobilenetV2Config {
  double dropout = 0.2;  // probability, before the classifier
  void fields(FieldVisitor& visit);
};

// Any image size.
std::shared_ptr<Model> make_mobilenet_v2(const MobilenetV2Config& config, const ModelShape& shape);

}  // namespace nadir
