// Cosine with restarts (Loshchilov and Hutter 2017), by Keras' definition: after i restarts, at fraction f of
// the period, (1 - floor) m_mul^i (1 + cos(pi f)) / 2 + floor. The floor keeps its height, the cosine part
// shrinks.
#pragma once

#include "train/schedules/warm_up.h"

namespace nadir {

struct CosineRestartsConfig : ScheduleConfig {
  double period = 10;  // epochs of the first period, above 0
  double t_mul = 2;    // length of each period in lengths of the one before, at least 1
  double m_mul = 1;    // height of each restart in heights of the one before, above 0, at most 1
  double floor = 0;    // the lowest factor, 0 to 1
  void fields(FieldVisitor& visit) {
    ScheduleConfig::fields(visit);
    visit.field("period", period, above(0));
    visit.field("t_mul", t_mul, at_least(1));
    visit.field("m_mul", m_mul, above_up_to(0, 1));
    visit.field("floor", floor, between(0, 1));
  }
};
std::unique_ptr<Schedule> make_cosine_restarts(const CosineRestartsConfig& config,
                                               const ScheduleContext& context);

}  // namespace nadir
