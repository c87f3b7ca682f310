// Falls by `gamma` when the monitored score has not become better for a while.
//   torch  falls when the count of epochs without a better score exceeds the patience; better is relative
//   keras  falls as soon as the count reaches the patience; better is absolute; a cool-down ends one epoch
//   earlier
#pragma once

#include "train/schedules/warm_up.h"

namespace nadir {

struct ReduceOnPlateauConfig : ScheduleConfig {
  double gamma = 0.1;                   // above 0, below 1
  std::int64_t patience = 10;           // epochs, at least 0
  double threshold = 1e-4;              // how much better is better, at least 0
  std::string threshold_mode = "auto";  // relative (to the best score), absolute; auto: the flavour's
  std::int64_t cooldown = 0;            // epochs after a fall that do not count, at least 0
  double floor = 0;                     // the lowest factor, 0 to 1
  std::string better = "auto";          // lower, higher; auto: as the monitored score is
  std::string flavour = "torch";        // torch, keras
  void fields(FieldVisitor& visit);
};
std::unique_ptr<Schedule> make_reduce_on_plateau(const ReduceOnPlateauConfig& config,
                                                 const ScheduleContext& context);

}  // namespace nadir
