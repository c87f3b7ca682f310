// The full rate throughout.
#pragma once

#include "train/schedules/warm_up.h"

namespace nadir {

struct ConstantConfig : ScheduleConfig {};
std::unique_ptr<Schedule> make_constant(const ConstantConfig& config, const ScheduleContext& context);

}  // namespace nadir
