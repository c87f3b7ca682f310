// Counts of a band's values in bounded memory, for percentiles.
#pragma once

#include <torch/types.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace nadir {

// 8- and 16-bit values have a bin each. Floats share one with those whose sign, exponent and upper 9 bits of
// the mantissa are alike: a bin is 1/512 of its value wide, and its middle at most 0.1 per cent off. Counts
// add up in any order, so that nothing depends on threads.
class ValueHistogram {
 public:
  explicit ValueHistogram(torch::ScalarType type);

  // values: finite
  void add(std::uint8_t value) { ++bins_[value]; }
  void add(std::uint16_t value) { ++bins_[value]; }
  void add(std::int16_t value) { ++bins_[static_cast<std::size_t>(value + 32768)]; }
  void add(float value) { ++bins_[bin_of(value)]; }

  // The values at 0, 1/steps, ... 1 of the sorted values, between two of them by a straight line (NumPy's
  // default). Zeros when nothing was added.
  std::vector<double> quantiles(std::int64_t steps) const;

 private:
  static constexpr int kDropped = 14;  // bits of the mantissa
  // Larger floats have larger bins, below and above 0.
  static std::size_t bin_of(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);  // -0 is 0
    return ((bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U) >> kDropped;
  }
  double value_of(std::size_t bin) const;

  torch::ScalarType type_;
  std::vector<std::int64_t> bins_;
};

}  // namespace nadir
