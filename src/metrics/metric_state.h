// The states of metrics: sums, as float64, which holds counts to 2^53 exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nadir/error.h"

namespace nadir {

inline void check_metric_state(const std::string& metric, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw ModelError("state of " + metric + ": " + std::to_string(found) + " numbers instead of " +
                   std::to_string(expected) + "; was it saved by a run with other metrics or classes?");
}

inline std::vector<double> as_sums(const std::vector<std::int64_t>& counts) {
  return {counts.begin(), counts.end()};
}

inline std::vector<std::int64_t> as_counts(std::span<const double> sums) {
  std::vector<std::int64_t> counts;
  for (const double each : sums) counts.push_back(static_cast<std::int64_t>(each));
  return counts;
}

}  // namespace nadir
