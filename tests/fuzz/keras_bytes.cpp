// Bytes of Keras's files. keras_layout.cpp changes what is in a file that is whole.
#include "fuzz/fuzz.h"
#include "fuzz/read_weights.h"

namespace nadir {

FuzzTarget fuzz_target() {
  return {"keras_bytes",
          read_all_weights,
          {test_data("weights/keras2.h5"), test_data("weights/small.weights.h5"),
           test_data("weights/small.keras")}};
}

}  // namespace nadir
