// Otsu's threshold against its definition, evaluated bin by bin.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "nadir/raster.h"
#include "raster/small_rasters.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

// The sum of the squared distances of all values to the mean of their side: what Otsu's threshold makes
// least.
double spread_within(const std::vector<std::int64_t>& histogram, std::size_t split) {
  double spread = 0;
  const std::size_t ends[] = {0, split, histogram.size()};
  for (int side = 0; side < 2; ++side) {
    double count = 0, sum = 0;
    for (std::size_t i = ends[side]; i < ends[side + 1]; ++i) {
      count += static_cast<double>(histogram[i]);
      sum += static_cast<double>(i) * static_cast<double>(histogram[i]);
    }
    for (std::size_t i = ends[side]; count > 0 && i < ends[side + 1]; ++i) {
      spread += static_cast<double>(histogram[i]) * std::pow(static_cast<double>(i) - sum / count, 2);
    }
  }
  return spread;
}

TEST(Otsu, AgreesWithTryingEverySplit) {
  at::manual_seed(4);
  for (int trial = 0; trial < 20; ++trial) {
    const at::Tensor counts = at::randint(1, 1000, {256}).to(at::kLong);
    const std::vector<std::int64_t> histogram(counts.const_data_ptr<std::int64_t>(),
                                              counts.const_data_ptr<std::int64_t>() + 256);
    std::size_t best = 1;
    for (std::size_t split = 2; split < 256; ++split) {
      if (spread_within(histogram, split) < spread_within(histogram, best)) best = split;
    }
    EXPECT_DOUBLE_EQ(otsu_threshold(histogram, -1, 1), -1 + static_cast<double>(best) / 128);
  }
}

TEST(Otsu, DividesAGapInItsMiddle) {
  std::vector<std::int64_t> histogram(256, 0);
  histogram[10] = 70;
  histogram[19] = 30;
  EXPECT_DOUBLE_EQ(otsu_threshold(histogram, 0, 256), 15);
}

TEST(Otsu, RefusesValuesThatNothingDivides) {
  std::vector<std::int64_t> histogram(256, 0);
  EXPECT_THROW(otsu_threshold(histogram, 0, 1), DataError);
  histogram[7] = 100;
  EXPECT_TRUE(
      contains(message_of<DataError>([&] { otsu_threshold(histogram, 0, 1); }), "all 100 lie in one bin"));
}

}  // namespace
}  // namespace nadir
