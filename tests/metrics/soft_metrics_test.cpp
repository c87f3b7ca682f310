#include <gtest/gtest.h>

#include <cmath>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

TEST(SoftOverlapTest, DiceOfSoftmaxIsTheMeanProbabilityOfTheTrueClass) {
  torch::manual_seed(7);
  const torch::Tensor p = torch::randn({2, 3, 4, 4}, torch::kFloat64).softmax(1);
  const torch::Tensor truth = torch::randint(0, 3, {2, 4, 4}, torch::kInt64);
  SoftOverlap overlap;
  overlap.add(p, truth);
  const double mean = p.gather(1, truth.unsqueeze(1)).mean().item<double>();
  EXPECT_NEAR(overlap.dice(), mean, 1e-6);
  EXPECT_NEAR(overlap.iou(), mean / (2 - mean), 1e-6);
}

TEST(SoftOverlapTest, IgnoredPixelsLeaveBothSums) {
  torch::manual_seed(8);
  const torch::Tensor p = torch::rand({1, 2, 2, 4});
  const torch::Tensor truth = torch::randint(0, 2, {1, 2, 4}, torch::kInt64);
  SoftOverlap half;
  half.add(p.slice(3, 0, 2), truth.slice(2, 0, 2));
  truth.slice(2, 2, 4).fill_(kIgnore);
  SoftOverlap ignored;
  ignored.add(p, truth);
  EXPECT_NEAR(ignored.dice(), half.dice(), 1e-12);
  EXPECT_NEAR(ignored.iou(), half.iou(), 1e-12);
}

TEST(SoftOverlapTest, Study000RoundsFirst) {
  const torch::Tensor p = torch::tensor({0.9, 0.6, 0.4, 0.5}).view({1, 1, 2, 2});  // rounds to 1 1 0 0
  const torch::Tensor truth = torch::tensor({1, 0, 1, 0}, torch::kInt64).view({1, 1, 2, 2});
  SoftOverlap overlap(0);
  overlap.add(p.round(), truth);
  EXPECT_NEAR(overlap.dice(), 0.5, 1e-12);
}

TEST(SoftOverlapTest, ShapesThatDoNotFitAreRefused) {
  SoftOverlap overlap;
  EXPECT_THROW(overlap.add(torch::rand({1, 2, 2, 4}), torch::zeros({1, 2, 3}, torch::kInt64)),
               std::logic_error);
  EXPECT_TRUE(std::isnan(overlap.dice()));
}

TEST(CompetitionDiceTest, AnEmptyMaskThatStaysEmptyScoresOneAndAnyPixelInItZero) {
  const torch::Tensor nothing = torch::zeros({1, 1, 2, 2}, torch::kInt64);
  const torch::Tensor something = nothing.clone();
  something[0][0][1][1] = 1;
  CompetitionDice empty;
  EXPECT_TRUE(std::isnan(empty.score()));
  empty.add(nothing, nothing);
  EXPECT_EQ(empty.score(), 1);
  empty.add(nothing, something);
  EXPECT_EQ(empty.score(), 0.5);
  EXPECT_THROW(empty.add(nothing[0], nothing[0]), std::logic_error);
}

}  // namespace
}  // namespace nadir
