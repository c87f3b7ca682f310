// One cycle (Smith and Topin 2018): up from lr / start_divisor to lr, then down to lr / start_divisor /
// end_divisor. Three phases come back to where they began before the last fall. It rises by itself, without a
// warm-up.
#pragma once

#include "train/schedules/warm_up.h"

namespace nadir {

struct OneCycleConfig : ScheduleConfig {
  double rise = 0.3;  // fraction of the training that the rise takes, above 0, below 1 (three phases: 0.5)
  double start_divisor = 25;    // at least 1
  double end_divisor = 1e4;     // at least 1
  std::string legs = "cosine";  // cosine, linear
  bool three_phase = false;
  void fields(FieldVisitor& visit);
  void validate() const;
};
std::unique_ptr<Schedule> make_one_cycle(const OneCycleConfig& config, const ScheduleContext& context);

}  // namespace nadir
