// Falls by gamma at each milestone, or every so many epochs.
#pragma once

#include "train/schedules/warm_up.h"

namespace nadir {

struct StepConfig : ScheduleConfig {
  std::vector<double> milestones;  // epochs, counted from the end of the warm-up, above 0
  std::optional<double> every;     // epochs, above 0; in place of milestones
  double gamma = 0.1;              // above 0, at most 1
  void fields(FieldVisitor& visit);
  void validate() const;
};
std::unique_ptr<Schedule> make_step(const StepConfig& config, const ScheduleContext& context);

}  // namespace nadir
