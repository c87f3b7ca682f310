#include <gtest/gtest.h>

#include "losses/make_loss.h"

namespace nadir {
namespace {

TEST(BoundaryTest, IsTheMeanOfProbabilityTimesSignedDistance) {
  // One row, class 1 at columns 2 to 4: signed distances of class 1 are 2 1 0 -1 0 1, of class 0 -1 0 1 2 1
  // 0.
  const torch::Tensor target = torch::tensor({0, 0, 1, 1, 1, 0}, torch::kInt64).view({1, 1, 6});
  const torch::Tensor of_class1 = torch::tensor({0.1, 0.2, 0.7, 0.9, 0.6, 0.3}, torch::kFloat64);
  const torch::Tensor logits = torch::stack({(1 - of_class1).log(), of_class1.log()}).view({1, 2, 1, 6});
  const TotalLoss loss = make_loss("{boundary: 1}", {.task = Task::kMulticlass, .classes = 2});
  const double class1 = 0.1 * 2 + 0.2 - 0.9 + 0.3;
  const double class0 = -0.9 + 0.3 + 0.1 * 2 + 0.4;
  EXPECT_NEAR(loss(logits, target).item<double>(), (class1 + class0) / 12, 1e-12);
}

TEST(BoundaryTest, AFarFalseAlarmCostsMoreThanANearOne) {
  const torch::Tensor target = torch::zeros({1, 1, 8, 8}, torch::kInt64);
  target[0][0][1][1] = 1;
  const auto with_alarm_at = [&](std::int64_t row, std::int64_t column) {
    const torch::Tensor logits = torch::full({1, 1, 8, 8}, -9.0);
    logits[0][0][row][column] = 9;
    return make_loss("{boundary: 1}", {.task = Task::kMultilabel, .classes = 1})(logits, target)
        .item<double>();
  };
  EXPECT_GT(with_alarm_at(6, 6), with_alarm_at(2, 2));
}

TEST(BoundaryTest, IsRefusedForWholeImages) {
  EXPECT_THROW(make_loss("{boundary: 1}", {.task = Task::kClassification, .classes = 2}), ConfigError);
}

}  // namespace
}  // namespace nadir
