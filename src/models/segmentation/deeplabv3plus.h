// DeepLabV3+ (https://arxiv.org/abs/1802.02611) as segmentation_models.pytorch has it, with its tensor names:
// separable convolutions, and the map of 1/4 joined at the end. Parameters of the default with 3 bands and 8
// classes: 26,679,384.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct Deeplabv3plusConfig {
  std::string encoder = "resnet50";  // any that can be dilated
  double dropout = 0.5;              // probability, after the pyramid
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size: sides that are no multiples of 32 are padded inside and cut back. Training needs batches of
// two or more: a batch norm follows a map of one pixel.
std::shared_ptr<Model> make_deeplabv3plus(const Deeplabv3plusConfig& config, const ModelShape& shape);

}  // namespace nadir
