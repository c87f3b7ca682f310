#include "train/schedules/polynomial.h"

#include <cmath>

namespace nadir {
namespace {

class Polynomial final : public Schedule {
 public:
  Polynomial(double power, double floor, double period) : power_(power), floor_(floor), period_(period) {}

  double factor(double position) const override {
    return (1 - floor_) * std::pow(1 - std::min(position / period_, 1.0), power_) + floor_;
  }

 private:
  double power_;
  double floor_;
  double period_;
};

}  // namespace

std::unique_ptr<Schedule> make_polynomial(const PolynomialConfig& config, const ScheduleContext& context) {
  const double left = epochs_after_warm_up(config, context);
  return with_warm_up(config,
                      std::make_unique<Polynomial>(config.power, config.floor, config.period.value_or(left)));
}

}  // namespace nadir
