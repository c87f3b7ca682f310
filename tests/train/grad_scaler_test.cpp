// Loss scaling against torch.amp.GradScaler of torch 2.13, init_scale 1024, growth 2, backoff 0.5,
// interval 3.
#include "train/grad_scaler.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

namespace nadir {
namespace {

constexpr LossScaleConfig kConfig = {.initial = 1024, .growth = 2, .backoff = 0.5, .interval = 3};

// One step of gradient descent on |w|^2 at rate 0.1, with a gradient made bad when asked.
bool step(GradScaler& scaler, torch::Tensor& weight, double bad) {
  weight.mutable_grad() = torch::Tensor();
  scaler.scale(weight.square().sum()).backward();
  if (bad != 0) weight.mutable_grad()[0] = bad;
  const bool taken = scaler.unscale({{"w", weight}});
  if (taken) {
    const torch::NoGradGuard no_grad;
    weight.sub_(weight.grad(), 0.1);
  }
  scaler.update();
  return taken;
}

TEST(GradScalerTest, GrowsBacksOffAndSkipsAsTorch) {
  const double inf = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> bad = {0, 0, 0, 0, 0, inf, 0, 0, nan, inf, 0, 0, 0, 0, 0, 0};
  const std::vector<double> scale = {1024, 1024, 2048, 2048, 2048, 1024, 1024, 1024,
                                     512,  256,  256,  256,  512,  512,  512,  1024};
  const std::vector<std::int32_t> good = {1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 1, 2, 0, 1, 2, 0};
  GradScaler scaler(kConfig, true, torch::kCPU);
  torch::Tensor weight = torch::tensor({1.0F, 2.0F}).requires_grad_();
  for (std::size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(step(scaler, weight, bad[i]), bad[i] == 0) << i;
    EXPECT_EQ(scaler.scale(), scale[i]) << i;
    EXPECT_EQ(scaler.state()[1].second.item<std::int32_t>(), good[i]) << i;
  }
  EXPECT_EQ(weight[0].item<float>(), 0.05497557669878006F);
  EXPECT_EQ(weight[1].item<float>(), 0.10995115339756012F);
}

TEST(GradScalerTest, ASavedStateGoesOn) {
  GradScaler scaler(kConfig, true, torch::kCPU);
  torch::Tensor weight = torch::tensor({1.0F, 2.0F}).requires_grad_();
  step(scaler, weight, 0);
  step(scaler, weight, 0);
  GradScaler resumed(kConfig, true, torch::kCPU);
  resumed.load_state(scaler.state());
  step(resumed, weight, 0);
  EXPECT_EQ(resumed.scale(), 2048);
  EXPECT_THROW(resumed.load_state({}), ModelError);
}

TEST(GradScalerTest, NotEnabledItChangesNothing) {
  GradScaler scaler(kConfig, false, torch::kCPU);
  torch::Tensor weight = torch::tensor({1.0F, 2.0F}).requires_grad_();
  scaler.scale(weight.square().sum()).backward();
  EXPECT_TRUE(scaler.unscale({{"w", weight}}));
  EXPECT_TRUE(torch::equal(weight.grad(), torch::tensor({2.0F, 4.0F})));
  EXPECT_TRUE(scaler.state().empty());
}

}  // namespace
}  // namespace nadir
