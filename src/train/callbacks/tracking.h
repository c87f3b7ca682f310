// Tells trackers (TensorBoard's files, an MLflow server) how a run gets on.
#pragma once

#include "train/callback.h"
#include "train/tracking/background_tracker.h"

namespace nadir {

class Tracking final : public Callback {
 public:
  explicit Tracking(std::vector<std::string> compared) : compared_(std::move(compared)) {}
  ~Tracking() override;
  std::string name() const override { return "tracking"; }
  void before_run(TrainingRun& run) override;
  void after_step(TrainingRun& run) override;
  void after_epoch(TrainingRun& run, const EpochRecord& record) override;
  void after_run(TrainingRun& run) override;

 private:
  void submit(const BackgroundTracker::Job& job);
  void tell_trouble(TrainingRun& run);
  void end(RunEnd how);

  std::vector<std::string> compared_;  // columns by which runs are compared
  std::vector<std::unique_ptr<BackgroundTracker>> trackers_;
  std::int64_t step_ = 0;
  bool ended_ = false;
};

}  // namespace nadir
