#include <numeric>

#include "nadir/data.h"

namespace nadir {
namespace {

using Counts = std::vector<std::int64_t>;

double sum_of(const Counts& counts) {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
}

std::vector<double> inverse_frequency(const BandStats& stats) {
  const Counts& pixels = stats.class_pixels;
  const double all = sum_of(pixels);
  const auto occurring =
      static_cast<double>(pixels.size()) - static_cast<double>(std::count(pixels.begin(), pixels.end(), 0));
  std::vector<double> weights;
  for (const std::int64_t n : pixels) {
    weights.push_back(n > 0 ? all / (occurring * static_cast<double>(n)) : 0);
  }
  return weights;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> median_frequency(const BandStats& stats) {
  std::vector<double> frequencies, occurring;
  for (std::size_t k = 0; k < stats.class_pixels.size(); ++k) {
    const std::int64_t scenes = stats.class_scene_pixels.at(k);
    frequencies.push_back(
        scenes > 0 ? static_cast<double>(stats.class_pixels[k]) / static_cast<double>(scenes) : 0);
    if (frequencies.back() > 0) occurring.push_back(frequencies.back());
  }
  const double middle = occurring.empty() ? 0 : median(occurring);
  for (double& each : frequencies) each = each > 0 ? middle / each : 0;
  return frequencies;
}

std::vector<double> effective_number(const BandStats& stats) {
  const double all = sum_of(stats.class_pixels);
  std::vector<double> weights;
  double sum = 0;
  std::int64_t occurring = 0;
  for (const std::int64_t n : stats.class_pixels) {
    // 1 - b^n, without cancelling: b is close to 1. A single pixel in all makes b 0.
    const double seen = all > 1 ? -std::expm1(static_cast<double>(n) * std::log1p(-1 / all)) : 1;
    weights.push_back(n > 0 ? 1 / (all * seen) : 0);
    sum += weights.back();
    occurring += n > 0 ? 1 : 0;
  }
  for (double& each : weights) each *= sum > 0 ? static_cast<double>(occurring) / sum : 0;
  return weights;
}

}  // namespace

const std::vector<std::string>& class_weight_methods() {
  static const std::vector<std::string> methods = {"inverse_frequency", "median_frequency",
                                                   "effective_number"};
  return methods;
}

std::vector<double> class_weights(const BandStats& stats, const std::string& method) {
  if (stats.class_pixels.empty()) throw std::logic_error("class weights of statistics without labels");
  if (method == "inverse_frequency") return inverse_frequency(stats);
  if (method == "median_frequency") return median_frequency(stats);
  if (method == "effective_number") return effective_number(stats);
  throw_unknown_name("class weights", method, class_weight_methods(), {});
}

}  // namespace nadir
