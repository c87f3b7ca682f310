// gamma^t, t in epochs.
#pragma once

#include "train/schedules/warm_up.h"

namespace nadir {

struct ExponentialConfig : ScheduleConfig {
  double gamma = 0.95;  // factor per epoch, above 0, at most 1
  void fields(FieldVisitor& visit) {
    ScheduleConfig::fields(visit);
    visit.field("gamma", gamma, above_up_to(0, 1));
  }
};
std::unique_ptr<Schedule> make_exponential(const ExponentialConfig& config, const ScheduleContext& context);

}  // namespace nadir
