// Keeps the models of the best epochs: best.safetensors, and the best few in best/ when more are asked for.
#pragma once

#include "train/callback.h"
#include "train/monitor.h"

namespace nadir {

class BestModels final : public Callback {
 public:
  BestModels(Monitor monitor, std::int64_t keep) : monitor_(std::move(monitor)), keep_(keep) {}
  std::string name() const override { return "best_models"; }
  void check_columns(const std::vector<std::string>& columns) const override { monitor_.check(columns); }
  void after_epoch(TrainingRun& run, const EpochRecord& record) override;
  NamedTensors state() const override;
  void load_state(const NamedTensors& state) override;

 private:
  struct Kept {
    std::int64_t epoch = 0;
    double score = 0;
  };
  static std::filesystem::path file_of(const TrainingRun& run, const Kept& kept);
  void keep_among_best(TrainingRun& run, const Kept& now);

  Monitor monitor_;
  std::int64_t keep_;
  std::vector<Kept> kept_;  // the best first
};

}  // namespace nadir
