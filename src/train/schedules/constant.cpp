#include "train/schedules/constant.h"

namespace nadir {
namespace {

class Constant final : public Schedule {
 public:
  double factor(double) const override { return 1; }
};

}  // namespace

std::unique_ptr<Schedule> make_constant(const ConstantConfig& config, const ScheduleContext&) {
  return with_warm_up(config, std::make_unique<Constant>());
}

}  // namespace nadir
