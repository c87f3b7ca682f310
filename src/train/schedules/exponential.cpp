#include "train/schedules/exponential.h"

#include <cmath>

namespace nadir {
namespace {

class Exponential final : public Schedule {
 public:
  explicit Exponential(double gamma) : gamma_(gamma) {}
  double factor(double position) const override { return std::pow(gamma_, position); }

 private:
  double gamma_;
};

}  // namespace

std::unique_ptr<Schedule> make_exponential(const ExponentialConfig& config, const ScheduleContext&) {
  return with_warm_up(config, std::make_unique<Exponential>(config.gamma));
}

}  // namespace nadir
