// What the network makes of the same few samples after each epoch, as one picture: a row for each sample,
// with image, truth and prediction side by side.
#pragma once

#include "train/callback.h"

namespace nadir {

// samples/epoch-0003.png
std::filesystem::path sample_file(const RunFolder& run, std::int64_t epoch);

class SamplePictures final : public Callback {
 public:
  explicit SamplePictures(std::int64_t count) : count_(count) {}
  std::string name() const override { return "sample_pictures"; }
  void before_run(TrainingRun& run) override;
  void after_epoch(TrainingRun& run, const EpochRecord& record) override;

 private:
  [[maybe_unused]] std::int64_t count_;  // without pictures (NADIR_RASTER=OFF) there is nothing to count
  std::vector<Sample> samples_;  // spread over the validation part, or the training part where there is none
};

}  // namespace nadir
