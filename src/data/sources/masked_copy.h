// Labels from a copy of the image in which the labelled pixels hold one value, as exports of masked images
// give them.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "nadir/data.h"

namespace nadir {

struct MaskedCopyConfig {
  double label_value = 0;   // what all bands of the copy hold where a pixel is labelled
  std::string label_class;  // the class of labelled pixels; "": the last. The others have the other class
  void fields(FieldVisitor& visit);
};

class MaskedCopy {
 public:
  // Throws ConfigError unless there are two classes, one of them label_class.
  MaskedCopy(const MaskedCopyConfig& config, const LabelSpec& labels);

  // image, copy: the same pixels [C, h, w] of one type. [h, w] uint8: the labelled class, the other one, or
  // ignore where the image itself holds the value in all bands, so that nobody can tell. Throws DataError,
  // beginning with `what`, when the copy differs from the image elsewhere.
  torch::Tensor target(const torch::Tensor& image, const torch::Tensor& copy, const std::string& what) const;
  // [h, w] bool -> [h, w] uint8 classes.
  torch::Tensor classes(const torch::Tensor& labelled) const;
  double label_value() const { return config_.label_value; }

 private:
  MaskedCopyConfig config_;
  std::uint8_t labelled_ = 1, other_ = 0;
};

}  // namespace nadir
