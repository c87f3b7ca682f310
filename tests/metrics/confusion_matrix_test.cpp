#include <gtest/gtest.h>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

TEST(ConfusionMatrixTest, BytesAndLongsOfAnyLayoutCountTheSame) {
  torch::manual_seed(1);
  const torch::Tensor truth = torch::randint(0, 5, {3, 17, 13}, torch::kInt64);
  truth[1].fill_(kIgnore);
  const torch::Tensor prediction = torch::randint(0, 5, {3, 17, 13}, torch::kInt64);
  ConfusionMatrix longs(5);
  longs.add(truth, prediction);
  EXPECT_EQ(longs.total(), 2 * 17 * 13);
  ConfusionMatrix bytes(5);
  bytes.add(truth.to(torch::kUInt8), prediction.to(torch::kUInt8));
  ConfusionMatrix mixed(5);
  mixed.add(truth.to(torch::kUInt8).transpose(0, 2), prediction.transpose(0, 2));
  EXPECT_EQ(bytes.counts(), longs.counts());
  EXPECT_EQ(mixed.counts(), longs.counts());
  for (std::int64_t t = 0; t < 5; ++t) {
    for (std::int64_t p = 0; p < 5; ++p) {
      EXPECT_EQ(longs.count(t, p), truth.eq(t).logical_and(prediction.eq(p)).sum().item<std::int64_t>());
    }
  }
}

TEST(ConfusionMatrixTest, WhatAnIgnoredPixelPredictsDoesNotMatter) {
  ConfusionMatrix matrix(2);
  matrix.add(torch::tensor({255, 1}, torch::kInt64).to(torch::kUInt8),
             torch::tensor({200, 1}, torch::kInt64).to(torch::kUInt8));
  EXPECT_EQ(matrix.total(), 1);
}

TEST(ConfusionMatrixTest, ValuesOutsideTheClassesAreRefusedAndLeaveItAsItWas) {
  const torch::Tensor good = torch::zeros({4}, torch::kInt64);
  for (const torch::Tensor& bad :
       {torch::tensor({0, 0, 2, 0}, torch::kInt64), torch::tensor({0, 0, -1, 0}, torch::kInt64),
        torch::tensor({0, 0, 256 + 1, 0}, torch::kInt64)}) {
    ConfusionMatrix matrix(2);
    EXPECT_THROW(matrix.add(good, bad), std::logic_error);
    EXPECT_THROW(matrix.add(bad, good), std::logic_error);
    EXPECT_EQ(matrix.total(), 0);
  }
}

TEST(ConfusionMatrixTest, MapsAndMatricesThatDoNotFitAreRefused) {
  ConfusionMatrix matrix(2);
  EXPECT_THROW(matrix.add(torch::zeros({4}, torch::kInt64), torch::zeros({5}, torch::kInt64)),
               std::logic_error);
  EXPECT_THROW(matrix.add(torch::zeros({4}), torch::zeros({4})), std::logic_error);
  EXPECT_THROW(matrix.add(ConfusionMatrix(3)), std::logic_error);
  EXPECT_THROW(matrix.count(0, 2), std::logic_error);
}

}  // namespace
}  // namespace nadir
