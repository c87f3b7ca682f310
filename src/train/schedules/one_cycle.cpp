#include "train/schedules/one_cycle.h"

#include <cmath>
#include <numbers>

namespace nadir {
namespace {

class OneCycle final : public Schedule {
 public:
  OneCycle(const OneCycleConfig& config, double epochs) : cosine_(config.legs == "cosine") {
    const double start = 1 / config.start_divisor;
    const double peak = config.rise * epochs;
    points_ = {{0, start}, {peak, 1}};
    if (config.three_phase) points_.push_back({2 * peak, start});
    points_.push_back({epochs, start / config.end_divisor});
  }

  double factor(double position) const override {
    std::size_t leg = 1;
    while (leg + 1 < points_.size() && position > points_[leg].position) ++leg;
    const Point& from = points_[leg - 1];
    const Point& to = points_[leg];
    const double fraction = std::min((position - from.position) / (to.position - from.position), 1.0);
    const double way = cosine_ ? (1 - std::cos(std::numbers::pi * fraction)) / 2 : fraction;
    return from.factor + (to.factor - from.factor) * way;
  }

 private:
  struct Point {
    double position;
    double factor;
  };
  bool cosine_;
  std::vector<Point> points_;
};

}  // namespace

void OneCycleConfig::fields(FieldVisitor& visit) {
  ScheduleConfig::fields(visit);
  visit.field("rise", rise, {.low = 0, .high = 1, .low_open = true, .high_open = true});
  visit.field("start_divisor", start_divisor, at_least(1));
  visit.field("end_divisor", end_divisor, at_least(1));
  visit.field("legs", legs, {"cosine", "linear"});
  visit.field("three_phase", three_phase);
}

void OneCycleConfig::validate() const {
  if (three_phase && rise >= 0.5) {
    throw ConfigError("three_phase falls for as long as it rises; set rise below 0.5, found " +
                      std::to_string(rise));
  }
}

std::unique_ptr<Schedule> make_one_cycle(const OneCycleConfig& config, const ScheduleContext& context) {
  return with_warm_up(config, std::make_unique<OneCycle>(config, epochs_after_warm_up(config, context)));
}

}  // namespace nadir
