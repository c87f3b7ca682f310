// SegFormer (https://arxiv.org/abs/2105.15203) as segmentation_models.pytorch has it, with its tensor names.
// Parameters of the default with 3 bands and 8 classes: 3,716,200.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct SegformerConfig {
  std::string encoder = "mit_b0";  // any; the paper's are mit_b0 to b2
  std::int64_t channels = 256;     // of the decoder
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size: sides that are no multiples of 32 are padded inside and cut back.
std::shared_ptr<Model> make_segformer(const SegformerConfig& config, const ModelShape& shape);

}  // namespace nadir
