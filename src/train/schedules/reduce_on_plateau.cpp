#include "train/schedules/reduce_on_plateau.h"

#include <limits>

namespace nadir {
namespace {

class ReduceOnPlateau final : public Schedule {
 public:
  ReduceOnPlateau(ReduceOnPlateauConfig config, bool higher_is_better)
      : config_(std::move(config)),
        keras_(config_.flavour == "keras"),
        relative_(config_.threshold_mode == "auto" ? !keras_ : config_.threshold_mode == "relative"),
        sign_(higher_is_better ? -1 : 1) {}

  double factor(double) const override { return factor_; }

  void observe(double score) override { keras_ ? observe_keras(score) : observe_torch(score); }

  std::vector<double> state() const override { return {factor_, best_, bad_epochs_, cooling_}; }

  void load_state(const std::vector<double>& state) override {
    if (state.size() != 4) {
      throw ModelError("schedule state: " + std::to_string(state.size()) +
                       " values, reduce_on_plateau keeps 4; was it saved by a run with another schedule?");
    }
    factor_ = state[0];
    best_ = state[1];
    bad_epochs_ = state[2];
    cooling_ = state[3];
  }

 private:
  // NaN is never better.
  bool is_better(double score) const {
    if (best_ == std::numeric_limits<double>::infinity()) return sign_ * score < best_;
    const double margin = relative_ ? config_.threshold * sign_ * best_ : config_.threshold;
    return sign_ * score < best_ - margin;
  }

  void observe_torch(double score) {
    if (!remember(score)) ++bad_epochs_;
    cool();
    if (bad_epochs_ > static_cast<double>(config_.patience)) fall();
  }

  void observe_keras(double score) {
    cool();
    if (remember(score) || cooling_ > 0) return;
    ++bad_epochs_;
    if (bad_epochs_ >= static_cast<double>(config_.patience)) fall();
  }

  // Whether the score is better than all before.
  bool remember(double score) {
    if (!is_better(score)) return false;
    best_ = sign_ * score;
    bad_epochs_ = 0;
    return true;
  }

  void cool() {
    if (cooling_ == 0) return;
    --cooling_;
    bad_epochs_ = 0;
  }

  void fall() {
    factor_ = std::max(factor_ * config_.gamma, std::min(config_.floor, factor_));
    cooling_ = static_cast<double>(config_.cooldown);
    bad_epochs_ = 0;
  }

  ReduceOnPlateauConfig config_;
  bool keras_;
  bool relative_;
  double sign_;  // -1 turns a score that should rise into one that should fall
  double factor_ = 1;
  double best_ = std::numeric_limits<double>::infinity();
  double bad_epochs_ = 0;
  double cooling_ = 0;  // epochs left
};

}  // namespace

void ReduceOnPlateauConfig::fields(FieldVisitor& visit) {
  ScheduleConfig::fields(visit);
  visit.field("gamma", gamma, {.low = 0, .high = 1, .low_open = true, .high_open = true});
  visit.field("patience", patience, at_least(0));
  visit.field("threshold", threshold, at_least(0));
  visit.field("threshold_mode", threshold_mode, {"auto", "relative", "absolute"});
  visit.field("cooldown", cooldown, at_least(0));
  visit.field("floor", floor, between(0, 1));
  visit.field("better", better, {"auto", "lower", "higher"});
  visit.field("flavour", flavour, {"torch", "keras"});
}

std::unique_ptr<Schedule> make_reduce_on_plateau(const ReduceOnPlateauConfig& config,
                                                 const ScheduleContext& context) {
  const bool higher = config.better == "auto" ? context.higher_is_better : config.better == "higher";
  return with_warm_up(config, std::make_unique<ReduceOnPlateau>(config, higher));
}

}  // namespace nadir
