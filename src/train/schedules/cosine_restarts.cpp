#include "train/schedules/cosine_restarts.h"

#include <cmath>
#include <numbers>

namespace nadir {
namespace {

class CosineRestarts final : public Schedule {
 public:
  explicit CosineRestarts(const CosineRestartsConfig& config) : config_(config) {}

  double factor(double position) const override {
    double begin = 0;
    double period = config_.period;
    double height = 1;
    while (position >= begin + period) {  // sums, not logarithms: these misplace a restart by rounding
      begin += period;
      period *= config_.t_mul;
      height *= config_.m_mul;
    }
    const double fraction = (position - begin) / period;
    return (1 - config_.floor) * height * (1 + std::cos(std::numbers::pi * fraction)) / 2 + config_.floor;
  }

 private:
  CosineRestartsConfig config_;
};

}  // namespace

std::unique_ptr<Schedule> make_cosine_restarts(const CosineRestartsConfig& config, const ScheduleContext&) {
  return with_warm_up(config, std::make_unique<CosineRestarts>(config));
}

}  // namespace nadir
