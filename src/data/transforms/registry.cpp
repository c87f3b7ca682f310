#include "data/transforms/brightness_contrast.h"
#include "data/transforms/flip.h"
#include "data/transforms/rotate90.h"
#include "data/transforms/transpose.h"

namespace nadir {

const TransformRegistry& transforms() {
  static const TransformRegistry registry(
      "transform",
      {
          TransformRegistry::item("brightness_contrast", "light and haze", make_brightness_contrast),
          TransformRegistry::item("flip", "left to right, top to bottom", make_flip),
          TransformRegistry::item("rotate90", "quarter turns", make_rotate90),
          TransformRegistry::item("transpose", "rows become columns", make_transpose),
      });
  return registry;
}

}  // namespace nadir
