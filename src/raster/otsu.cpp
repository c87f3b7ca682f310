#include <numeric>
#include <stdexcept>

#include "nadir/raster.h"

namespace nadir {

// Between-class variance of a split, up to the squared total: w0 * w1 * (mean0 - mean1)^2, means in bins.
double otsu_threshold(const std::vector<std::int64_t>& histogram, double low, double high) {
  if (histogram.empty() || !(low < high))
    throw std::logic_error("otsu_threshold: an empty histogram or range");
  const double total =
      static_cast<double>(std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0}));
  double total_sum = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    total_sum += static_cast<double>(i) * static_cast<double>(histogram[i]);
  }
  double best = 0, weight = 0, sum = 0;
  std::size_t first = 0, last = 0;  // the bins below equally good splits: a gap between two hills has many
  for (std::size_t i = 0; i + 1 < histogram.size(); ++i) {
    weight += static_cast<double>(histogram[i]);
    sum += static_cast<double>(i) * static_cast<double>(histogram[i]);
    if (weight == 0 || weight == total) continue;
    const double distance = sum / weight - (total_sum - sum) / (total - weight);
    const double variance = weight * (total - weight) * distance * distance;
    if (variance > best) {
      best = variance;
      first = i;
    }
    if (variance == best) last = i;
  }
  if (best == 0) {
    throw DataError("no threshold divides the values: all " +
                    std::to_string(static_cast<std::int64_t>(total)) + " lie in one bin between " +
                    std::to_string(low) + " and " + std::to_string(high));
  }
  const double edge = static_cast<double>(first + last) / 2 + 1;
  return low + edge * (high - low) / static_cast<double>(histogram.size());
}

}  // namespace nadir
