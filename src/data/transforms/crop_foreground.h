// Cuts a square out of a sample so that it holds something of the foreground.
#pragma once

#include "nadir/data.h"

namespace nadir {

// One foreground pixel is drawn, each alike, and then a place of the square that contains it, each alike;
// any place where there is no foreground.
struct CropForegroundConfig {
  std::int64_t size = 64;       // side of the square, pixels; a ConfigError where a sample is smaller
  std::int64_t background = 0;  // the class of multiclass targets that is not foreground, by its place in
                                // `classes`; -1: every class counts. Multilabel: any label is foreground
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Transform> make_crop_foreground(const CropForegroundConfig& config);

}  // namespace nadir
