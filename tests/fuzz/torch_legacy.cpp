#include "fuzz/fuzz.h"
#include "fuzz/read_weights.h"

namespace nadir {

FuzzTarget fuzz_target() {
  return {"torch_legacy", read_all_weights, {test_data("weights/types.legacy.pth")}};
}

}  // namespace nadir
