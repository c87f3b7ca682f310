// Pastes a rectangle of another sample into each sample of a batch (Yun et al. 2019).
#pragma once

#include "nadir/data.h"

namespace nadir {

// With l from Beta(alpha, alpha) once a batch: a rectangle of sqrt(1 - l) of height and width about a point
// drawn in the sample, cut at the borders, at the same place of a and of its random partner b.
//   pixels:       image, target and valid mask come from b there: labels stay hard and stay with their pixels
//   whole images: the image comes from b there, and the loss is (1 - w) loss(target of a) + w loss(target of
//                 b), w the rectangle's share of the area
struct CutmixConfig {
  double alpha = 1.0;        // above 0, up to 4
  double probability = 1.0;  // of pasting into a batch at all
  void fields(FieldVisitor& visit);
};
std::unique_ptr<BatchTransform> make_cutmix(const CutmixConfig& config);

}  // namespace nadir
