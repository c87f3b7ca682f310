#include "data/batch_transforms/cutmix.h"
#include "data/batch_transforms/mixup.h"

namespace nadir {

const BatchTransformRegistry& batch_transforms() {
  static const BatchTransformRegistry registry(
      "batch transform",
      {
          BatchTransformRegistry::item("cutmix", "rectangles of other samples", make_cutmix),
          BatchTransformRegistry::item("mixup", "blends of two samples", make_mixup),
      });
  return registry;
}

}  // namespace nadir
