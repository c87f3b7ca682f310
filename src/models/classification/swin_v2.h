// Swin Transformer V2 (https://arxiv.org/abs/2111.09883) as torchvision has it (swin_v2_t, _s, _b), with its
// tensor names. b with 1000 classes: 87,930,848 parameters.
#pragma once

#include <memory>
#include <optional>

#include "nadir/model.h"

namespace nadir {

struct SwinV2Config {
  std::string variant = "b";  // t, s or b: wider and deeper
  // Stochastic depth of the last block, 0 up to 1 without it; falls to 0 at the first. By default
  // torchvision's, for 300 epochs of ImageNet: 0.2, 0.3 and 0.5. Small sets and few steps want less.
  std::optional<double> stochastic_depth;
  void fields(FieldVisitor& visit);
};

// Images of 4 x 4 pixels or more.
std::shared_ptr<Model> make_swin_v2(const SwinV2Config& config, const ModelShape& shape);

}  // namespace nadir
