#include "train/sweep.h"

#include <gtest/gtest.h>

#include "train/find_lr.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

std::vector<std::string> values(const std::string& axis) { return parse_axis(axis).values; }

TEST(SweepTest, AxesAreListsOrRanges) {
  EXPECT_EQ(values("model=unet,enet"), (std::vector<std::string>{"unet", "enet"}));
  EXPECT_EQ(values("loss.beta=0:1:0.2"), (std::vector<std::string>{"0", "0.2", "0.4", "0.6", "0.8", "1"}));
  EXPECT_EQ(values("train.seed=3:1:-1"), (std::vector<std::string>{"3", "2", "1"}));
  EXPECT_EQ(values("model={unet: {start: 8, bilinear: true}},enet"),
            (std::vector<std::string>{"{unet: {start: 8, bilinear: true}}", "enet"}));
  for (const char* wrong : {"model", "=3", "model=", "x=0:1:-0.1", "x=0:1:0"}) {
    EXPECT_THROW(parse_axis(wrong), ConfigError) << wrong;
  }
}

TEST(SweepTest, RunsAreAllCombinations) {
  const TemporaryFolder folder;
  const Recipe recipe = small_recipe(folder);
  const auto runs = sweep_runs(recipe, {parse_axis("model=unet,enet"), parse_axis("optimizer.lr=0.1,0.01")});
  ASSERT_EQ(runs.size(), 4U);
  EXPECT_EQ(runs[1].name, "model=unet,lr=0.01");
  EXPECT_EQ(runs[1].overrides, (std::vector<std::string>{"model=unet", "optimizer.adamw.lr=0.01"}));
  EXPECT_EQ(read_recipe(folder / "small.yaml", runs[3].overrides).model.name, "enet");
}

TEST(SweepTest, AShortKeyHasToMeanOneSetting) {
  const TemporaryFolder folder;
  const Recipe recipe = small_recipe(folder);
  // Both cross_entropy and dice have class_weights.
  EXPECT_THROW(sweep_runs(recipe, {parse_axis("loss.class_weights=[1],[2]")}), ConfigError);
  EXPECT_EQ(sweep_runs(recipe, {parse_axis("loss.smooth=0,1")})[0].overrides[0], "loss.dice.smooth=0");
  EXPECT_EQ(sweep_runs(recipe, {parse_axis("loss.dice.smooth=0,1")})[0].overrides[0], "loss.dice.smooth=0");
  EXPECT_THROW(sweep_runs(recipe, {parse_axis("train.seed=1,1")}), ConfigError);
}

TEST(RangeTestTest, ChoosesWhereTheLossFallsFastest) {
  // A loss that falls along a logistic curve about 1e-3 and rises from 1 on.
  RangeTest test;
  for (int i = 0; i <= 80; ++i) {
    const double power = -7 + i * 0.1;
    test.rates.push_back(std::pow(10, power));
    test.smoothed.push_back(1 - 1 / (1 + std::exp(-4 * (power + 3))) + (power > 0 ? power : 0));
  }
  test.losses = test.smoothed;
  choose_rates(test);
  EXPECT_NEAR(std::log10(test.steepest), -3, 0.1001);
  EXPECT_NEAR(std::log10(test.lowest), -1, 0.1001);
}

// The same curve under the noise of batches, of a third of its whole fall: many times any single step.
TEST(RangeTestTest, NoiseOfBatchesDoesNotMoveTheChoiceFar) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream stream(seed);
    RangeTest test;
    double average = 0;
    for (int i = 0; i < 100; ++i) {
      const double power = -7 + i * 0.08;
      const double noise = (stream.uniform() - 0.5) / 3;
      test.rates.push_back(std::pow(10, power));
      test.losses.push_back(1.5 - 1 / (1 + std::exp(-4 * (power + 3))) + (power > 0 ? power : 0) + noise);
      average = 0.9 * average + 0.1 * test.losses.back();
      test.smoothed.push_back(average / (1 - std::pow(0.9, i + 1)));
    }
    choose_rates(test);
    EXPECT_NEAR(std::log10(test.steepest), -3, 0.5) << "seed " << seed;
  }
}

TEST(RangeTestTest, ARecipesRatesAreFound) {
  const TemporaryFolder folder;
  const Recipe recipe = small_recipe(folder);
  const RangeTest test = find_learning_rate(recipe, {.steps = 40});
  ASSERT_GT(test.rates.size(), 10U);
  EXPECT_DOUBLE_EQ(test.rates.front(), 1e-7);
  EXPECT_GT(test.steepest, 1e-6);
  EXPECT_LT(test.steepest, 10);
  EXPECT_THROW(find_learning_rate(recipe, {.first = 1, .last = 0.1}), ConfigError);
}

}  // namespace
}  // namespace nadir
