#include <gtest/gtest.h>

#include "train/logistic_regression.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

TEST(LogisticRegressionTest, OneBalancedFeatureHasAClosedForm) {
  // Feature 1 in 3 of 4 cases of class 1 and 1 of 4 of class 0: log odds are log 3 and -log 3.
  const torch::Tensor x = torch::tensor({1., 1., 1., 0., 1., 0., 0., 0.}, torch::kFloat64).unsqueeze(1);
  const torch::Tensor y = torch::tensor({1, 1, 1, 1, 0, 0, 0, 0}, torch::kInt64);
  const torch::Tensor w = fit_logistic_regression(x, y, 2, 1e-12);
  const torch::Tensor logit = w.select(1, 1) - w.select(1, 0);
  EXPECT_NEAR(logit[0].item<double>(), 2 * std::log(3.0), 1e-5);
  EXPECT_NEAR(logit[1].item<double>(), -std::log(3.0), 1e-5);
}

TEST(LogisticRegressionTest, TheGradientVanishesAtTheAnswer) {
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({500, 4}, torch::kFloat64);
  const torch::Tensor y = torch::randint(0, 3, {500}, torch::kInt64);
  const torch::Tensor w = fit_logistic_regression(x, y, 3, 1e-3).clone().set_requires_grad(true);
  const torch::Tensor bias = torch::ones({500, 1}, torch::kFloat64);
  const torch::Tensor loss = torch::cross_entropy_loss(torch::cat({x, bias}, 1).mm(w), y) +
                             0.5 * 1e-3 * w.narrow(0, 0, 4).pow(2).sum();
  loss.backward();
  EXPECT_LT(w.grad().abs().max().item<double>(), 1e-8);
}

TEST(LogisticRegressionTest, SeparableClassesStayFinite) {
  const torch::Tensor x = torch::linspace(-1, 1, 50, torch::kFloat64).unsqueeze(1);
  const torch::Tensor y = x.squeeze(1).gt(0).to(torch::kInt64);
  const torch::Tensor w = fit_logistic_regression(x, y, 2);
  EXPECT_TRUE(w.isfinite().all().item<bool>());
  EXPECT_TRUE(torch::equal(predict_logistic_regression(w, x), y));
}

TEST(BaselinesTest, MajorityIsTheTrainingPartsAndBothSeeTheTestPixels) {
  const TemporaryFolder folder;
  const Recipe recipe = small_recipe(folder);
  const PreparedData data = prepare_data(recipe);
  const BandStats stats = band_statistics(*data.source, data.split.train, 2);
  const Normalization normalization = make_normalization(recipe.data.normalize, stats, torch::kUInt8);
  const auto baselines = evaluate_baselines(normalization, *data.train_plain, *data.test, data.labels, 1);
  ASSERT_EQ(baselines.size(), 2U);
  EXPECT_EQ(baselines[0].name, "majority class (ground)");
  EXPECT_EQ(baselines[0].matrix.count(0, 1) + baselines[0].matrix.count(1, 1), 0);
  std::int64_t pixels = 0;
  for (const Region& region : data.split.test) pixels += region.window.area();
  EXPECT_EQ(baselines[0].matrix.total(), pixels);
  EXPECT_EQ(baselines[1].matrix.total(), pixels);
  // Squares are 100 brighter than 60 levels of noise: a pixel's value tells all.
  EXPECT_EQ(scores(baselines[1].matrix).pixel_accuracy, 1.0);
}

}  // namespace
}  // namespace nadir
