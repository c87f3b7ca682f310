// ESNet (https://arxiv.org/abs/1906.09826): a symmetric network of factorised convolutions. Parameters of the
// default with 3 bands and 8 classes: 1,658,356. Batch norms have epsilon 1e-3, as published.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct EsnetConfig {
  double early_dropout =
      0.03;              // probability that a channel is dropped, in the first two stages of the encoder
  double dropout = 0.3;  // the same in its last
  void fields(FieldVisitor& visit);
};

// Any image size: sides that are no multiples of 8 are padded inside and cut back.
std::shared_ptr<Model> make_esnet(const EsnetConfig& config, const ModelShape& shape);

}  // namespace nadir
