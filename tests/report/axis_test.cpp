#include "report/axis.h"

#include <gtest/gtest.h>

namespace nadir::html {
namespace {

std::vector<std::string> labels(const Axis& axis) {
  std::vector<std::string> all;
  for (const double tick : axis.ticks) all.push_back(tick_label(tick, axis.step));
  return all;
}
using Labels = std::vector<std::string>;

TEST(AxisTest, RoundedAxesReachFromTickToTick) {
  EXPECT_EQ(labels(rounded_axis(0, 1, 5)), (Labels{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(labels(rounded_axis(0.71, 0.934, 5)), (Labels{"0.70", "0.75", "0.80", "0.85", "0.90", "0.95"}));
  EXPECT_EQ(labels(rounded_axis(-3, 42, 5)), (Labels{"-10", "0", "10", "20", "30", "40", "50"}));
  EXPECT_EQ(labels(rounded_axis(0, 4.2e-5, 5)), (Labels{"0", "1e-5", "2e-5", "3e-5", "4e-5", "5e-5"}));
}

TEST(AxisTest, AnAxisForOneValueReachesBeyondIt) {
  for (const double value : {0.0, 0.25, -7.0, 1e-12, 1e9}) {
    const Axis axis = rounded_axis(value, value, 5);
    EXPECT_LT(axis.low, value);
    EXPECT_GT(axis.high, value);
    EXPECT_GE(axis.ticks.size(), 2U) << value;
    EXPECT_LE(axis.ticks.size(), 9U) << value;
  }
}

TEST(AxisTest, CountingAxesHaveWholeTicksAndKeepTheirEnds) {
  EXPECT_EQ(labels(counting_axis(1, 5, 8)), (Labels{"1", "2", "3", "4", "5"}));
  EXPECT_EQ(labels(counting_axis(1, 60, 8)), (Labels{"10", "20", "30", "40", "50", "60"}));
  EXPECT_EQ(labels(counting_axis(3, 3, 8)), (Labels{"3"}));
  EXPECT_EQ(counting_axis(1, 60, 8).low, 1);
  EXPECT_EQ(counting_axis(1, 60, 8).high, 60);
}

TEST(AxisTest, LabelsKeepTheDigitsOfTheStep) {
  EXPECT_EQ(tick_label(0.25, 0.05), "0.25");
  EXPECT_EQ(tick_label(100000, 20000), "100000");
  EXPECT_EQ(tick_label(1.5e6, 5e5), "1.5e6");
  EXPECT_EQ(tick_label(1.2e-4, 2e-5), "1.2e-4");
}

}  // namespace
}  // namespace nadir::html
