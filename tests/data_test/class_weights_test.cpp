#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "nadir/data.h"

namespace nadir {
namespace {

BandStats counted(std::vector<std::int64_t> pixels, std::vector<std::int64_t> scene_pixels) {
  BandStats stats;
  stats.class_pixels = std::move(pixels);
  stats.class_scene_pixels = std::move(scene_pixels);
  return stats;
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-9) << i;
}

// compute_class_weight("balanced", classes=[0, 1, 2], y=6 zeros, 3 ones, 1 two) of scikit-learn.
TEST(ClassWeightsTest, InverseFrequencyIsScikitLearnsBalanced) {
  expect_near(class_weights(counted({6, 3, 1}, {10, 10, 10}), "inverse_frequency"),
              {0.5555555556, 1.1111111111, 3.3333333333});
}

TEST(ClassWeightsTest, MedianFrequencyLooksAtTheScenesThatHaveTheClass) {
  // Frequencies 60/100, 30/100 and 5/50: the rare class is in half of the scenes.
  expect_near(class_weights(counted({60, 30, 5}, {100, 100, 50}), "median_frequency"), {0.5, 1, 3});
  expect_near(class_weights(counted({80, 20}, {100, 100}), "median_frequency"), {0.625, 2.5});
}

TEST(ClassWeightsTest, EffectiveNumberFollowsItsFormula) {
  const double b = 9.0 / 10;
  std::vector<double> expected;
  for (const int n : {6, 3, 1}) expected.push_back((1 - b) / (1 - std::pow(b, n)));
  const double mean = (expected[0] + expected[1] + expected[2]) / 3;
  for (double& each : expected) each /= mean;
  expect_near(class_weights(counted({6, 3, 1}, {10, 10, 10}), "effective_number"), expected);
  // Billions of pixels do not cancel: with b close to 1, n of N pixels count for 1 - exp(-n / N).
  const auto large = class_weights(counted({3'000'000'000, 1'000'000'000}, {4, 4}), "effective_number");
  EXPECT_NEAR(large[1] / large[0], (1 - std::exp(-0.75)) / (1 - std::exp(-0.25)), 1e-6);
}

TEST(ClassWeightsTest, AClassThatDoesNotOccurHasNone) {
  const BandStats stats = counted({6, 0, 2}, {8, 0, 8});
  for (const std::string& method : class_weight_methods()) {
    const auto weights = class_weights(stats, method);
    EXPECT_EQ(weights[1], 0) << method;
    EXPECT_GT(weights[2], weights[0]) << method;
  }
  expect_near(class_weights(stats, "inverse_frequency"), {8 / 12.0, 0, 2});
}

TEST(ClassWeightsTest, UnknownMethodsAreAnsweredWithTheKnownOnes) {
  EXPECT_TRUE(has(message_of<ConfigError>([] { class_weights(counted({1}, {1}), "median_frequenzy"); }),
                  {"median_frequency", "effective_number"}));
  EXPECT_THROW(class_weights({}, "inverse_frequency"), std::logic_error);
}

}  // namespace
}  // namespace nadir
