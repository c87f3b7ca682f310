#include "train/monitor.h"

#include <algorithm>
#include <cmath>

namespace nadir {
namespace {

bool names_a_part(const std::string& name) {
  return name.starts_with("val/") || name.starts_with("train/") || name.starts_with("train_part/");
}

}  // namespace

Monitor::Monitor(const std::string& name, const std::string& mode, const std::string& part)
    : name_(name),
      column_(names_a_part(name) ? name : part + "/" + name),
      lower_(mode == "min" || (mode == "auto" && name.ends_with("loss"))) {}

double Monitor::value(const EpochRecord& record) const {
  for (const auto& [column, value] : record.values) {
    if (column == column_) return value;
  }
  std::vector<std::string> columns;
  for (const auto& [column, value] : record.values) columns.push_back(column);
  check(columns);
  throw std::logic_error("a column that is and is not there: " + column_);
}

void Monitor::check(const std::vector<std::string>& columns) const {
  if (std::find(columns.begin(), columns.end(), column_) != columns.end()) return;
  const bool with_part = name_ == column_;
  const std::string prefix = column_.substr(0, column_.find('/') + 1);
  std::vector<std::string> known;
  for (const std::string& each : columns) {
    if (with_part) known.push_back(each);
    if (!with_part && each.starts_with(prefix)) known.push_back(each.substr(prefix.size()));
  }
  throw_unknown_name("monitor", name_, known, {});
}

bool is_better(const Monitor& monitor, double score, bool any_before, double best, double min_delta) {
  if (!any_before) return true;
  if (std::isnan(score)) return false;
  if (std::isnan(best)) return true;
  return monitor.gain(score, best) > min_delta;
}

}  // namespace nadir
