#include "data/transforms/brightness_contrast.h"
#include "data/transforms/coarse_dropout.h"
#include "data/transforms/crop_foreground.h"
#include "data/transforms/flip.h"
#include "data/transforms/gamma.h"
#include "data/transforms/gaussian_noise.h"
#include "data/transforms/grayscale.h"
#include "data/transforms/hue_saturation.h"
#include "data/transforms/one_of.h"
#include "data/transforms/rotate90.h"
#include "data/transforms/transpose.h"
#ifdef NADIR_OPENCV
#include "data/transforms/clahe.h"
#include "data/transforms/elastic.h"
#include "data/transforms/gaussian_blur.h"
#include "data/transforms/grid_distortion.h"
#include "data/transforms/optical_distortion.h"
#include "data/transforms/random_resized_crop.h"
#include "data/transforms/rotate.h"
#include "data/transforms/shift_scale_rotate.h"
#endif

namespace nadir {

const TransformRegistry& transforms() {
  static const TransformRegistry registry(
      "transform",
      {
          TransformRegistry::item("brightness_contrast", "light and haze", make_brightness_contrast),
          TransformRegistry::item("coarse_dropout", "covered rectangles", make_coarse_dropout),
          TransformRegistry::item("crop_foreground", "a square with foreground in it", make_crop_foreground),
          TransformRegistry::item("flip", "left to right, top to bottom", make_flip),
          TransformRegistry::item("gamma", "the scale of brightness bent", make_gamma),
          TransformRegistry::item("gaussian_noise", "noise of the sensor", make_gaussian_noise),
          TransformRegistry::item("grayscale", "no colour", make_grayscale),
          TransformRegistry::item("hue_saturation", "other colours", make_hue_saturation),
          TransformRegistry::item("one_of", "one of several", make_one_of),
          TransformRegistry::item("rotate90", "quarter turns", make_rotate90),
          TransformRegistry::item("transpose", "rows become columns", make_transpose),
#ifdef NADIR_OPENCV
          TransformRegistry::item("clahe", "local contrast", make_clahe),
          TransformRegistry::item("elastic", "bent like rubber", make_elastic),
          TransformRegistry::item("gaussian_blur", "out of focus", make_gaussian_blur),
          TransformRegistry::item("grid_distortion", "stretched rows and columns", make_grid_distortion),
          TransformRegistry::item("optical_distortion", "a lens's barrel or cushion",
                                  make_optical_distortion),
          TransformRegistry::item("random_resized_crop", "a part, enlarged", make_random_resized_crop),
          TransformRegistry::item("rotate", "any angle", make_rotate),
          TransformRegistry::item("shift_scale_rotate", "moved, enlarged and turned",
                                  make_shift_scale_rotate),
#endif
      });
  return registry;
}

}  // namespace nadir
