#include <gtest/gtest.h>

#include <cmath>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

TEST(RankCurveTest, RocAucIsTheShareOfPairsInOrder) {
  torch::manual_seed(5);
  const torch::Tensor truth = torch::randint(0, 2, {40}, torch::kInt64);
  const torch::Tensor score = (torch::rand({40}) * 8).floor() / 8;
  RankCurve curve;
  curve.add(truth, score);
  const torch::Tensor positive = score.masked_select(truth.eq(1)).unsqueeze(1);
  const torch::Tensor negative = score.masked_select(truth.eq(0)).unsqueeze(0);
  const torch::Tensor ordered =
      positive.gt(negative).to(torch::kDouble) + positive.eq(negative).to(torch::kDouble) / 2;
  EXPECT_NEAR(curve.roc_auc(), ordered.mean().item<double>(), 1e-12);
}

TEST(RankCurveTest, ManyBinsComeNearTheExactAreas) {
  torch::manual_seed(6);
  const torch::Tensor truth = torch::randint(0, 2, {5000}, torch::kInt64);
  const torch::Tensor score = torch::sigmoid(torch::randn({5000}) + truth);
  RankCurve exact;
  RankCurve bounded(1000);
  exact.add(truth, score);
  bounded.add(truth, score);
  EXPECT_LE(bounded.curve().size(), 1001U);
  EXPECT_NEAR(bounded.average_precision(), exact.average_precision(), 2e-3);
  EXPECT_NEAR(bounded.roc_auc(), exact.roc_auc(), 2e-3);
}

TEST(RankCurveTest, TheHighestScoreFallsIntoTheLastBin) {
  RankCurve curve(4);
  curve.add(torch::tensor({1, 0}, torch::kInt64), torch::tensor({1.0, 0.8}));
  EXPECT_EQ(curve.curve().size(), 2U);
  EXPECT_EQ(curve.curve()[0].threshold, 0.75);
}

TEST(RankCurveTest, IgnoredPixelsDoNotCount) {
  RankCurve curve;
  curve.add(torch::tensor({1, 0, 255}, torch::kInt64).to(torch::kUInt8), torch::tensor({0.9, 0.1, 0.95}));
  EXPECT_EQ(curve.average_precision(), 1);
}

TEST(RankCurveTest, WhatCannotBeRankedIsRefused) {
  RankCurve curve;
  EXPECT_THROW(curve.add(torch::tensor({2}, torch::kInt64), torch::tensor({0.5})), std::logic_error);
  EXPECT_THROW(curve.add(torch::tensor({1}, torch::kInt64), torch::tensor({std::nan("")})), std::logic_error);
  EXPECT_THROW(curve.add(torch::tensor({1, 0}, torch::kInt64), torch::tensor({0.5})), std::logic_error);
  EXPECT_THROW(curve.add(RankCurve(8)), std::logic_error);
  RankCurve bounded(8);
  EXPECT_THROW(bounded.add(torch::tensor({1}, torch::kInt64), torch::tensor({1.5})), std::logic_error);
}

}  // namespace
}  // namespace nadir
