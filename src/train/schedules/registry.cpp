#include "train/schedules/constant.h"
#include "train/schedules/cosine.h"
#include "train/schedules/cosine_restarts.h"
#include "train/schedules/exponential.h"
#include "train/schedules/one_cycle.h"
#include "train/schedules/polynomial.h"
#include "train/schedules/reduce_on_plateau.h"
#include "train/schedules/step.h"

namespace nadir {

const ScheduleRegistry& schedules() {
  using R = ScheduleRegistry;
  static const R registry(
      "schedule",
      {
          R::item("constant", "the full rate throughout", make_constant),
          R::item("cosine", "half a cosine down to a floor", make_cosine),
          R::item("cosine_restarts", "cosines that grow longer and lower", make_cosine_restarts),
          R::item("exponential", "a factor per epoch", make_exponential),
          R::item("one_cycle", "up to the full rate and down to almost none", make_one_cycle),
          R::item("polynomial", "a power of the time left", make_polynomial),
          R::item("reduce_on_plateau", "falls when the score stands still", make_reduce_on_plateau),
          R::item("step", "falls at milestones", make_step),
      });
  return registry;
}

}  // namespace nadir
