#include "nadir/train.h"

namespace nadir {

void Schedule::load_state(const std::vector<double>& state) {
  if (state.empty()) return;
  throw ModelError("schedule state: " + std::to_string(state.size()) +
                   " values for a schedule that keeps none; was it saved by a run with another schedule?");
}

}  // namespace nadir
