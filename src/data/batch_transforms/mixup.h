// Blends each sample of a batch with another one (Zhang et al. 2018).
#pragma once

#include "nadir/data.h"

namespace nadir {

// With w = min(l, 1 - l), l from Beta(alpha, alpha) once a batch, and b a random partner of a:
//   image (1 - w) a + w b, rounded to the pixel type; where one of the two is not valid, the other alone;
//   the targets stay hard, both of them: the loss is (1 - w) loss(target of a) + w loss(target of b).
struct MixupConfig {
  double alpha = 0.2;        // above 0, up to 4; larger blends more evenly
  double probability = 1.0;  // of blending a batch at all
  void fields(FieldVisitor& visit);
};
std::unique_ptr<BatchTransform> make_mixup(const MixupConfig& config);

}  // namespace nadir
