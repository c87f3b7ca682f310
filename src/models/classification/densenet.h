// DenseNet (https://arxiv.org/abs/1608.06993) as torchvision has it, with its tensor names. 169 layers with 4
// classes: 12,491,140 parameters.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct DensenetConfig {
  std::int64_t depth = 169;  // layers: 121 or 169
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Images of 29 x 29 pixels or more.
std::shared_ptr<Model> make_densenet(const DensenetConfig& config, const ModelShape& shape);

}  // namespace nadir
