// The vision transformer of Keras's example for small data sets: no class token, constant positions, a head
// of dense layers on all tokens. With 3 bands of 128 x 128 pixels and 1 class 57,455,149 parameters.
#pragma once

#include <memory>
#include <vector>

#include "nadir/model.h"

namespace nadir {

struct VitScratchConfig {
  std::vector<std::int64_t> image_size = {
      128, 128};             // height and width, multiples of the patch; no other size fits
  std::int64_t patch = 8;    // side of a token, pixels
  std::int64_t width = 100;  // of a token's vector, and of each head
  std::int64_t depth = 8;    // blocks
  std::int64_t heads = 8;
  double attention_dropout = 0.2;  // probability, on the attention's weights
  double mlp_dropout = 0.1;        // in the blocks' dense layers
  double head_dropout = 0.5;       // in the head
  void fields(FieldVisitor& visit);
  void validate() const;
};

std::shared_ptr<Model> make_vit_scratch(const VitScratchConfig& config, const ModelShape& shape);

}  // namespace nadir
