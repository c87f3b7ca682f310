// ResNetV2 (https://arxiv.org/abs/1603.05027), with activation before the convolutions, as timm's resnetv2_50
// has it, with its tensor names. With 2 classes 23,504,450 parameters.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct Resnetv2Config {
  std::int64_t depth = 50;  // layers: 50 or 101
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size.
std::shared_ptr<Model> make_resnetv2(const Resnetv2Config& config, const ModelShape& shape);

}  // namespace nadir
