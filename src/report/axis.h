// Axes of charts: round steps, ticks and their labels.
#pragma once

#include <string>
#include <vector>

namespace nadir::html {

// An interval of values with round ticks.
struct Axis {
  double low = 0;
  double high = 1;
  double step = 1;  // 1, 2 or 5 times a power of ten
  std::vector<double> ticks;

  // 0 at `low`, 1 at `high`.
  double place(double value) const { return (value - low) / (high - low); }
};

// Reaches from a tick to a tick and holds both values; an axis for one value alone reaches beyond it on both
// sides. About `wanted` steps.
Axis rounded_axis(double low, double high, int wanted);
// Reaches from `low` to `high` exactly, with ticks at whole numbers only.
Axis counting_axis(double low, double high, int wanted);
// "0.25", "20", "5e-5": as many digits as the axis's step needs.
std::string tick_label(double value, double step);

}  // namespace nadir::html
