// Where a run's numbers and pictures go beside the run folder's own files.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace nadir {

using Parameter = std::variant<bool, double, std::string>;

struct RunFacts {
  std::string name;                                         // the recipe's
  std::vector<std::pair<std::string, Parameter>> settings;  // of the recipe, flat: "train.epochs" 20
  std::vector<std::string> scores;                          // columns by which runs are compared
  bool resumed = false;
  std::int64_t step = 0;  // optimizer steps already taken
  double time = 0;        // seconds since 1970
};

enum class RunEnd { kFinished, kStopped, kFailed };

// All of them may throw Error; whoever calls them (BackgroundTracker) must not let that end a run.
class Tracker {
 public:
  virtual ~Tracker() = default;
  virtual std::string name() const = 0;  // for messages: "MLflow at http://localhost:5000"
  virtual void begin(const RunFacts& facts) = 0;
  // Values that are not finite are left out.
  virtual void scalars(std::int64_t step, double time,
                       const std::vector<std::pair<std::string, double>>& values) = 0;
  // png: an encoded file.
  virtual void picture(std::int64_t step, double time, const std::string& tag, const std::string& png) {
    static_cast<void>(step), static_cast<void>(time), static_cast<void>(tag), static_cast<void>(png);
  }
  virtual void end(RunEnd how, std::int64_t step, double time) = 0;
};

}  // namespace nadir
