// train.checkpoint_every: how often the state for --resume is saved within an epoch.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace nadir {

struct CheckpointInterval {
  std::int64_t steps = 0;  // 0: not by steps
  double seconds = 0;      // 0: not by time
};
// "epoch", "200 steps", "5 minutes", "30 seconds", "2 hours". Throws ConfigError for other text.
CheckpointInterval parse_checkpoint_interval(const std::string& text);

// Says when the next one is due. When it falls has no influence on any number of the training.
class CheckpointClock {
 public:
  explicit CheckpointClock(const CheckpointInterval& interval) : interval_(interval) {}
  bool due(std::int64_t step) const;
  void saved(std::int64_t step);

 private:
  CheckpointInterval interval_;
  std::int64_t last_step_ = 0;
  std::chrono::steady_clock::time_point last_time_ = std::chrono::steady_clock::now();
};

}  // namespace nadir
