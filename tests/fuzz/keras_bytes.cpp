// Bytes of HDF5 files. HDF5's own library (1.10.8) crashes on some within a minute, so this target is built
// and not run by ctest: it is for trying other versions of that library. keras_layout.cpp fuzzes what is
// nadir's.
#include "fuzz/fuzz.h"
#include "fuzz/read_weights.h"

namespace nadir {

FuzzTarget fuzz_target() {
  return {"keras_bytes",
          read_all_weights,
          {test_data("weights/keras2.h5"), test_data("weights/small.weights.h5")}};
}

}  // namespace nadir
