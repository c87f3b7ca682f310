#include "train/schedules/warm_up.h"

namespace nadir {
namespace {

class WarmUp final : public Schedule {
 public:
  WarmUp(const ScheduleConfig& config, std::unique_ptr<Schedule> after)
      : epochs_(config.warmup), start_(config.warmup_start), after_(std::move(after)) {}

  double factor(double position) const override {
    if (position >= epochs_) return after_->factor(position - epochs_);
    return after_->factor(0) * (start_ + (1 - start_) * position / epochs_);
  }

  void observe(double score) override { after_->observe(score); }
  std::vector<double> state() const override { return after_->state(); }
  void load_state(const std::vector<double>& state) override { after_->load_state(state); }

 private:
  double epochs_;
  double start_;
  std::unique_ptr<Schedule> after_;
};

}  // namespace

double epochs_after_warm_up(const ScheduleConfig& config, const ScheduleContext& context) {
  if (config.warmup < context.epochs) return context.epochs - config.warmup;
  throw ConfigError("schedule: a warmup of " + std::to_string(config.warmup) +
                    " epochs leaves nothing of the " + std::to_string(context.epochs) +
                    " epochs of training; make it shorter");
}

std::unique_ptr<Schedule> with_warm_up(const ScheduleConfig& config, std::unique_ptr<Schedule> after) {
  if (config.warmup == 0) return after;
  return std::make_unique<WarmUp>(config, std::move(after));
}

}  // namespace nadir
