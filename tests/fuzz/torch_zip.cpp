#include "fuzz/fuzz.h"
#include "fuzz/read_weights.h"

namespace nadir {

FuzzTarget fuzz_target() {
  return {"torch_zip",
          read_all_weights,
          {test_data("weights/types.pth"), test_data("weights/types.deflated.pth"),
           test_data("weights/checkpoint.pth")}};
}

}  // namespace nadir
