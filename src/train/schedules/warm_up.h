// Warm-up: a straight rise to the full rate that can stand before any schedule.
#pragma once

#include "nadir/train.h"

namespace nadir {

struct ScheduleConfig {
  double warmup = 0;        // epochs that the rise takes; what follows begins after them
  double warmup_start = 0;  // factor at the very first step, 0 to 1
  void fields(FieldVisitor& visit) {
    visit.field("warmup", warmup, at_least(0));
    visit.field("warmup_start", warmup_start, between(0, 1));
  }
};

// Epochs that are left for the schedule itself. Throws ConfigError when the warm-up takes all of them.
double epochs_after_warm_up(const ScheduleConfig& config, const ScheduleContext& context);
// `after`, whose position 0 is the end of the warm-up.
std::unique_ptr<Schedule> with_warm_up(const ScheduleConfig& config, std::unique_ptr<Schedule> after);

}  // namespace nadir
