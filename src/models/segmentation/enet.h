// ENet (https://arxiv.org/abs/1606.02147), with the tensor names of its published PyTorch code. Parameters of
// the default with 3 bands and 8 classes: 350,076.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct EnetConfig {
  double early_dropout = 0.01;  // probability that a channel is dropped, at a quarter of the size
  double dropout = 0.1;         // the same everywhere below and in the decoder
  void fields(FieldVisitor& visit);
};

// Any image size: sides that are no multiples of 8 are padded inside and cut back.
std::shared_ptr<Model> make_enet(const EnetConfig& config, const ModelShape& shape);

}  // namespace nadir
