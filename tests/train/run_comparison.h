// Whether two runs ended alike.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "nadir/nadir.h"
#include "train/checkpoint.h"

namespace nadir {

// Asks for a stop after some progress lines of a stage.
class Stopper final : public ProgressObserver {
 public:
  Stopper(std::string stage, int after) : stage_(std::move(stage)), left_(after) {}
  void progress(const Progress& progress) override {
    if (progress.stage.starts_with(stage_) && --left_ == 0) request_stop();
  }

 private:
  std::string stage_;
  int left_;
};

// Trains to the end, stopping and resuming after every so many steps.
inline TrainResult train_with_stops(const Recipe& recipe, const RunFolder& run, int steps) {
  for (;;) {
    clear_stop();
    Stopper stopper("epoch", steps);
    try {
      const TrainResult result = train(recipe, run, std::filesystem::exists(run.state()), stopper);
      clear_stop();
      return result;
    } catch (const Interrupted&) {
      continue;
    }
  }
}

inline NamedTensors load_tensors(const std::filesystem::path& file) { return read_safetensors(file).tensors; }

inline bool same_tensors(const std::filesystem::path& a, const std::filesystem::path& b) {
  const auto left = load_tensors(a);
  const auto right = load_tensors(b);
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i].first != right[i].first || !torch::equal(left[i].second, right[i].second)) return false;
  }
  return true;
}

inline double value_of(const EpochRecord& record, const std::string& column) {
  for (const auto& [name, value] : record.values) {
    if (name == column) return value;
  }
  throw std::logic_error("no column " + column);
}

// The values that do not depend on the clock, to all their digits; as text, for a NaN is not equal to itself.
inline std::vector<std::pair<std::string, std::string>> untimed(const EpochRecord& record) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [name, value] : record.values) {
    if (name != "seconds" && name != "images_per_second" && name != "loader_wait_share")
      values.emplace_back(name, std::isnan(value) ? "nan" : shortest(value));
  }
  return values;
}

}  // namespace nadir
