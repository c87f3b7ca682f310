// UNet++ (https://arxiv.org/abs/1807.10165) as the Keras code Nest_Net: ELU, dropout, no batch norm.
// Parameters of the default with 1 band and 4 classes: 9,041,700; with deep supervision 9,042,096. The study
// adds 1e-4 * sum(w^2) over the kernels, but those of the transposed convolutions, to its loss.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct UnetppConfig {
  std::int64_t start = 32;        // channels of the first row; each of the four rows below has twice as many
  double dropout = 0.5;           // probability, after every convolution
  bool deep_supervision = false;  // an output from each column; the last column's are the logits
  void fields(FieldVisitor& visit);
};

// Any image size: sides that are no multiples of 16 are padded inside and cut back.
std::shared_ptr<Model> make_unetpp(const UnetppConfig& config, const ModelShape& shape);

}  // namespace nadir
