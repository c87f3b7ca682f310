// Half a cosine from the full rate down to the floor: (1 - floor) (1 + cos(pi t / period)) / 2 + floor, and
// the floor afterwards.
#pragma once

#include "train/schedules/warm_up.h"

namespace nadir {

struct CosineConfig : ScheduleConfig {
  std::optional<double> period;  // epochs, above 0; left out: all that follow the warm-up
  double floor = 0;              // the lowest factor, 0 to 1
  void fields(FieldVisitor& visit) {
    ScheduleConfig::fields(visit);
    visit.field("period", period, above(0));
    visit.field("floor", floor, between(0, 1));
  }
};
std::unique_ptr<Schedule> make_cosine(const CosineConfig& config, const ScheduleContext& context);

}  // namespace nadir
