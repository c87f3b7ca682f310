#include "train/schedules/step.h"

#include <cmath>

namespace nadir {
namespace {

class Step final : public Schedule {
 public:
  explicit Step(StepConfig config) : config_(std::move(config)) {}

  double factor(double position) const override { return std::pow(config_.gamma, falls_until(position)); }

 private:
  double falls_until(double position) const {
    if (config_.every) return std::floor(position / *config_.every);
    const auto passed = [&](double milestone) { return milestone <= position; };
    return static_cast<double>(std::count_if(config_.milestones.begin(), config_.milestones.end(), passed));
  }

  StepConfig config_;
};

}  // namespace

void StepConfig::fields(FieldVisitor& visit) {
  ScheduleConfig::fields(visit);
  visit.field("milestones", milestones, above(0));
  visit.field("every", every, above(0));
  visit.field("gamma", gamma, above_up_to(0, 1));
}

void StepConfig::validate() const {
  if (milestones.empty() == every.has_value()) return;
  throw ConfigError("step needs either milestones: [10, 25] or every: 10 (epochs), and not both");
}

std::unique_ptr<Schedule> make_step(const StepConfig& config, const ScheduleContext&) {
  return with_warm_up(config, std::make_unique<Step>(config));
}

}  // namespace nadir
