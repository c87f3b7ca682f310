// The score that a run is judged by: a column of the metrics, and which way is better.
#pragma once

#include <string>
#include <vector>

#include "nadir/train.h"

namespace nadir {

class Monitor {
 public:
  // `name` is a column ("val/loss", "train/mean_iou") or one without its part, which is then `part` ("val").
  // mode: min, max, or auto: min for names that end in "loss".
  Monitor(const std::string& name, const std::string& mode, const std::string& part);
  const std::string& column() const { return column_; }
  bool lower_is_better() const { return lower_; }
  // How much `score` is better than `best`: above 0 where it is; NaN where either is.
  double gain(double score, double best) const { return lower_ ? best - score : score - best; }
  // Throws ConfigError that names the setting and the nearest column when there is no such one.
  double value(const EpochRecord& record) const;
  void check(const std::vector<std::string>& columns) const;

 private:
  std::string name_, column_;
  bool lower_ = false;
};

// What `auto` stands for in a recipe of that task.
std::string default_monitor(const std::string& task);

// Whether a score is the best so far: the first is, whatever it is; a NaN is never better than a number.
bool is_better(const Monitor& monitor, double score, bool any_before, double best, double min_delta = 0);

}  // namespace nadir
