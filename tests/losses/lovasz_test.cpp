#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "losses/make_loss.h"

namespace nadir {
namespace {

// The definition, equation 8 of Berman et al. 2018: errors in falling order times the rise of the Jaccard
// loss of the set of wrong pixels as it grows.
double by_definition(const std::vector<double>& errors, const std::vector<int>& truth) {
  std::vector<std::size_t> order(errors.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return errors[a] > errors[b]; });
  const double positives = std::accumulate(truth.begin(), truth.end(), 0.0);
  double missed = 0;
  double alarms = 0;
  double before = 0;
  double sum = 0;
  for (const std::size_t i : order) {
    (truth[i] ? missed : alarms) += 1;
    const double jaccard_loss = (missed + alarms) / (positives + alarms);
    sum += errors[i] * (jaccard_loss - before);
    before = jaccard_loss;
  }
  return sum;
}

TEST(LovaszTest, HingeOfOneClassIsTheDefinition) {
  const std::vector<double> x = {0.3, -1.2, 2.5, -0.4, 0.9, -3};
  const std::vector<int> y = {1, 1, 1, 0, 0, 0};
  std::vector<double> errors;
  for (std::size_t i = 0; i < x.size(); ++i) errors.push_back(std::max(0.0, 1 - x[i] * (2 * y[i] - 1)));
  const torch::Tensor logits = torch::tensor(x, torch::kFloat64).view({1, 1, 2, 3});
  const torch::Tensor target = torch::tensor(y, torch::kInt64).view({1, 1, 2, 3});
  const TotalLoss loss = make_loss("{lovasz: 1}", {.task = Task::kMultilabel, .classes = 1});
  EXPECT_NEAR(loss(logits, target).item<double>(), by_definition(errors, y), 1e-12);
}

TEST(LovaszTest, OfHardMapsIsTheJaccardLossItself) {
  const torch::Tensor target = torch::tensor({0, 0, 1, 1, 1, 1}, torch::kInt64).view({1, 2, 3});
  const torch::Tensor guess = torch::tensor({0, 1, 1, 1, 0, 1}, torch::kInt64).view({1, 2, 3});
  const torch::Tensor logits = 1e3 * LossInput(torch::zeros({1, 2, 2, 3}), guess).truth();
  const TotalLoss loss = make_loss("{lovasz: 1}", {.task = Task::kMulticlass, .classes = 2});
  EXPECT_NEAR(loss(logits, target).item<double>(), ((1 - 1.0 / 3) + (1 - 3.0 / 5)) / 2, 1e-6);
}

TEST(LovaszTest, PerImageIsTheMeanOverImages) {
  torch::manual_seed(3);
  const torch::Tensor logits = torch::randn({2, 2, 4, 4});
  const torch::Tensor target = torch::randint(0, 2, {2, 4, 4}, torch::kInt64);
  const LossContext context{.task = Task::kMulticlass, .classes = 2};
  const TotalLoss whole = make_loss("{lovasz: 1}", context);
  const double each = (whole(logits.slice(0, 0, 1), target.slice(0, 0, 1)) +
                       whole(logits.slice(0, 1, 2), target.slice(0, 1, 2)))
                          .item<double>();
  const TotalLoss per_image = make_loss("{lovasz: {per_image: true}}", context);
  EXPECT_NEAR(per_image(logits, target).item<double>(), each / 2, 1e-6);
}

TEST(LovaszTest, ClassesThatAreNotThereCountWhenAskedFor) {
  // Class 0 everywhere, but class 1 gets 0.25 of the first pixel: an error of 0.25 that costs half of class
  // 0's Jaccard index and all of class 1's.
  const torch::Tensor p1 = torch::tensor({0.25, 1e-9}, torch::kFloat64);
  const torch::Tensor logits = torch::stack({(1 - p1).log(), p1.log()}).view({1, 2, 1, 2});
  const torch::Tensor target = torch::zeros({1, 1, 2}, torch::kInt64);
  const LossContext context{.task = Task::kMulticlass, .classes = 2};
  EXPECT_NEAR(make_loss("{lovasz: 1}", context)(logits, target).item<double>(), 0.125, 1e-8);
  EXPECT_NEAR(make_loss("{lovasz: {classes: all}}", context)(logits, target).item<double>(), 0.1875, 1e-8);
}

}  // namespace
}  // namespace nadir
