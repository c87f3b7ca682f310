// UNet++ (https://arxiv.org/abs/1807.10165) as the Keras code Nest_Net (ELU, dropout, no batch norm), or on
// an encoder as segmentation_models.pytorch has it. Parameters of the default with 1 band and 4 classes:
// 9,041,700; with deep supervision 9,042,096. The study adds 1e-4 * sum(w^2) over the kernels, but those of
// the transposed convolutions, to its loss.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct UnetppConfig {
  // none: the plain network, which the other options are for; otherwise an encoder with a map of half the
  // size.
  std::string encoder = "none";
  std::int64_t start = 32;         // channels of the first row; each of the four rows below has twice as many
  double dropout = 0.5;            // probability, after every activation
  std::string activation = "elu";  // elu or relu
  std::string norm = "none";       // none, or batch: a batch norm before every activation
  bool deep_supervision = false;   // an output from each column; the last column's are the logits
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Any image size: sides that are no multiples of 16 (with an encoder 32) are padded inside and cut back.
std::shared_ptr<Model> make_unetpp(const UnetppConfig& config, const ModelShape& shape);

}  // namespace nadir
