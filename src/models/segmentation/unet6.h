// The plain U-Net of Keras tutorials, made deeper: no batch norm, dropout between the two convolutions of a
// level. Parameters of the default (six levels) with 3 bands and 6 classes: 31,110,086; with four levels
// 1,941,190.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct Unet6Config {
  std::int64_t levels = 6;      // halvings of the map
  std::int64_t start = 16;      // channels of the first level; each level below has twice as many
  double dropout = 0.2;         // probability in every level
  double bridge_dropout = 0.3;  // the same at the lowest one
  void fields(FieldVisitor& visit);
};

// Any image size: sides that are no multiples of 2^levels are padded inside and cut back.
std::shared_ptr<Model> make_unet6(const Unet6Config& config, const ModelShape& shape);

}  // namespace nadir
