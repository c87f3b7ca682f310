#include "report/axis.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace nadir::html {
namespace {

// The smallest of 1, 2, 5, 10, 20, 50 … (and 0.1, 0.2, 0.5 …) that covers `span` in `wanted` steps or fewer.
double round_step(double span, int wanted) {
  const double least = span / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

// Multiples of `step` within [low, high]. Counted, so that errors of addition do not build up.
std::vector<double> multiples(double low, double high, double step) {
  const auto first = static_cast<long long>(std::ceil(low / step - 1e-9));
  const auto last = static_cast<long long>(std::floor(high / step + 1e-9));
  std::vector<double> values;
  for (long long i = first; i <= last; ++i) values.push_back(static_cast<double>(i) * step);
  return values;
}

}  // namespace

Axis rounded_axis(double low, double high, int wanted) {
  // Values that differ by rounding alone are one value: a step between them would print as nothing.
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low <= 1e-9 * size || low == high) {
    const double margin = size > 0 ? size / 2 : 0.5;
    low -= margin;
    high += margin;
  }
  const double step = round_step(high - low, wanted);
  Axis axis{.low = std::floor(low / step + 1e-9) * step,
            .high = std::ceil(high / step - 1e-9) * step,
            .step = step};
  axis.ticks = multiples(axis.low, axis.high, step);
  return axis;
}

Axis counting_axis(double low, double high, int wanted) {
  if (high <= low) {
    low -= 0.5;
    high += 0.5;
  }
  Axis axis{.low = low, .high = high, .step = std::max(1.0, round_step(high - low, wanted))};
  axis.ticks = multiples(low, high, axis.step);
  return axis;
}

std::string tick_label(double value, double step) {
  const int exponent = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  if (exponent >= -4 && std::abs(value) < 1e6) return fixed(value, std::max(0, -exponent));
  if (value == 0) return "0";
  const double power = std::floor(std::log10(std::abs(value)) + 1e-9);
  const int digits = std::max(0, static_cast<int>(power) - exponent);
  return fixed(value / std::pow(10.0, power), digits) + "e" + std::to_string(static_cast<int>(power));
}

}  // namespace nadir::html
