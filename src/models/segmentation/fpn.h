// Feature pyramid network (https://arxiv.org/abs/1612.03144, its panoptic form 1901.02446) as
// segmentation_models.pytorch has it, with its tensor names. Parameters of the default with 3 bands and 8
// classes: 26,116,936.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct FpnConfig {
  std::string encoder = "resnet50";  // any
  double dropout = 0.2;              // probability that a channel of the joined maps is dropped
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size: sides that are no multiples of 32 are padded inside and cut back.
std::shared_ptr<Model> make_fpn(const FpnConfig& config, const ModelShape& shape);

}  // namespace nadir
