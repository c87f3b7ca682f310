// The vision transformer (https://arxiv.org/abs/2010.11929) with timm's tensor names. The default is
// ViT-Tiny/16, with 1 class 5,524,609 parameters.
#pragma once

#include <memory>
#include <vector>

#include "nadir/model.h"

namespace nadir {

struct VitConfig {
  // timm: exact GELU. keras_cv: GELU by tanh, and images in [0, 1] become 2 x - 1 first. Weights have the
  // same names and shapes, but want the arithmetic that they were trained with.
  std::string flavour = "timm";
  std::vector<std::int64_t> image_size = {
      224, 224};             // height and width, multiples of the patch; no other size fits
  std::int64_t patch = 16;   // side of a token, pixels
  std::int64_t width = 192;  // of a token's vector; a multiple of the heads
  std::int64_t depth = 12;   // blocks
  std::int64_t heads = 3;
  void fields(FieldVisitor& visit);
  void validate() const;
};

std::shared_ptr<Model> make_vit(const VitConfig& config, const ModelShape& shape);

}  // namespace nadir
