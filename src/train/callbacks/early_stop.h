// Ends a run whose monitored score no longer gets better.
#pragma once

#include "train/callback.h"
#include "train/monitor.h"

namespace nadir {

// The rules themselves, apart from any run.
class Patience {
 public:
  Patience(const EarlyStopConfig& config, Monitor monitor) : config_(config), monitor_(std::move(monitor)) {}
  // After each epoch; whether it is the best so far.
  bool observe(double score);
  bool lost() const;
  std::int64_t best_epoch() const { return best_epoch_; }  // from 1; 0: none yet
  std::vector<double> history() const { return history_; }

 private:
  EarlyStopConfig config_;
  Monitor monitor_;
  std::vector<double> history_;
  std::int64_t best_epoch_ = 0;
  double best_ = 0;
};

class EarlyStop final : public Callback {
 public:
  EarlyStop(const EarlyStopConfig& config, const Monitor& monitor)
      : config_(config), monitor_(monitor), patience_(config, monitor) {}
  std::string name() const override { return "early_stop"; }
  void check_columns(const std::vector<std::string>& columns) const override { monitor_.check(columns); }
  void after_epoch(TrainingRun& run, const EpochRecord& record) override;
  void after_run(TrainingRun& run) override;
  NamedTensors state() const override;
  void load_state(const NamedTensors& state) override;

 private:
  EarlyStopConfig config_;
  Monitor monitor_;
  Patience patience_;
};

}  // namespace nadir
