// DeepLabV3 (https://arxiv.org/abs/1706.05587) as torchvision has it, without the auxiliary head, or as
// segmentation_models.pytorch has it, each with its tensor names. Parameters of the default with 3 bands and
// 8 classes: 39,635,528.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct Deeplabv3Config {
  std::string encoder = "resnet50";  // any that can be dilated
  // torchvision: parts backbone and classifier, on resnet50 and resnet101. smp: encoder, decoder and
  // segmentation_head, on all. auto: torchvision where there is one.
  std::string flavour = "auto";
  double dropout = 0.5;  // probability, after the pyramid
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size. Training needs batches of two or more: a batch norm follows a map of one pixel.
std::shared_ptr<Model> make_deeplabv3(const Deeplabv3Config& config, const ModelShape& shape);

}  // namespace nadir
