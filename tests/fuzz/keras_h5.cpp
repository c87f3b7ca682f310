#include "fuzz/fuzz.h"
#include "fuzz/read_weights.h"

namespace nadir {

FuzzTarget fuzz_target() {
  return {
      "keras_h5", read_all_weights, {test_data("weights/keras2.h5"), test_data("weights/small.weights.h5")}};
}

}  // namespace nadir
