#include "train/schedules/constant.h"
#include "train/schedules/cosine.h"

namespace nadir {

const ScheduleRegistry& schedules() {
  using R = ScheduleRegistry;
  static const R registry("schedule", {
                                          R::item("constant", "the full rate throughout", make_constant),
                                          R::item("cosine", "half a cosine down to a floor", make_cosine),
                                      });
  return registry;
}

}  // namespace nadir
