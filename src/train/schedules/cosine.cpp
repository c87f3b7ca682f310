#include "train/schedules/cosine.h"

#include <cmath>
#include <numbers>

namespace nadir {
namespace {

class Cosine final : public Schedule {
 public:
  Cosine(double period, double floor) : period_(period), floor_(floor) {}

  double factor(double position) const override {
    const double fraction = std::min(position / period_, 1.0);
    return (1 - floor_) * (1 + std::cos(std::numbers::pi * fraction)) / 2 + floor_;
  }

 private:
  double period_;
  double floor_;
};

}  // namespace

std::unique_ptr<Schedule> make_cosine(const CosineConfig& config, const ScheduleContext& context) {
  const double left = epochs_after_warm_up(config, context);
  return with_warm_up(config, std::make_unique<Cosine>(config.period.value_or(left), config.floor));
}

}  // namespace nadir
