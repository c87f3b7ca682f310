#include "train/checkpoint_interval.h"

#include <map>
#include <sstream>

#include "nadir/error.h"

namespace nadir {
namespace {

[[noreturn]] void throw_not_an_interval(const std::string& text) {
  throw ConfigError("train.checkpoint_every: '" + text +
                    "' is not an interval; use epoch, or a number with its unit: 200 steps, 5 minutes");
}

}  // namespace

CheckpointInterval parse_checkpoint_interval(const std::string& text) {
  if (text == "epoch") return {};
  static const std::map<std::string, double> kSeconds = {{"second", 1},   {"seconds", 1}, {"minute", 60},
                                                         {"minutes", 60}, {"hour", 3600}, {"hours", 3600}};
  std::istringstream words(text);
  double number = 0;
  std::string unit, rest;
  if (!(words >> number >> unit) || (words >> rest) || !(number > 0)) throw_not_an_interval(text);
  if (unit == "step" || unit == "steps") {
    const auto steps = static_cast<std::int64_t>(number);
    if (static_cast<double>(steps) != number) throw_not_an_interval(text);
    return {.steps = steps};
  }
  const auto found = kSeconds.find(unit);
  if (found == kSeconds.end()) throw_not_an_interval(text);
  return {.seconds = number * found->second};
}

bool CheckpointClock::due(std::int64_t step) const {
  if (interval_.steps > 0) return step - last_step_ >= interval_.steps;
  if (interval_.seconds == 0) return false;
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - last_time_;
  return since.count() >= interval_.seconds;
}

void CheckpointClock::saved(std::int64_t step) {
  last_step_ = step;
  last_time_ = std::chrono::steady_clock::now();
}

}  // namespace nadir
