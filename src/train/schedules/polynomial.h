// (1 - floor) (1 - t / period)^power + floor, and the floor afterwards.
#pragma once

#include "train/schedules/warm_up.h"

namespace nadir {

struct PolynomialConfig : ScheduleConfig {
  double power = 0.9;            // above 0
  double floor = 0;              // the lowest factor, 0 to 1
  std::optional<double> period;  // epochs, above 0; left out: all that follow the warm-up
  void fields(FieldVisitor& visit) {
    ScheduleConfig::fields(visit);
    visit.field("power", power, above(0));
    visit.field("floor", floor, between(0, 1));
    visit.field("period", period, above(0));
  }
};
std::unique_ptr<Schedule> make_polynomial(const PolynomialConfig& config, const ScheduleContext& context);

}  // namespace nadir
