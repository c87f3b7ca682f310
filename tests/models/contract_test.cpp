// What every registered network does, whatever its architecture. New networks are found without an edit.
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include <regex>

#include "nadir/model.h"
#include "nadir/model_file.h"

namespace nadir {
namespace {

class EveryNetwork : public testing::TestWithParam<std::string> {
 protected:
  static std::shared_ptr<Model> make(std::int64_t bands, std::int64_t classes) {
    torch::manual_seed(1);
    return models().make(GetParam(), {}, ModelShape{bands, classes});
  }
  static torch::Tensor image(std::int64_t bands, std::int64_t height, std::int64_t width) {
    torch::manual_seed(2);
    return torch::randn({2, bands, height, width});
  }
  static void expect_logits(const ModelOutput& output, std::vector<std::int64_t> shape) {
    EXPECT_EQ(output.logits.sizes().vec(), shape);
    EXPECT_EQ(output.logits.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(output.logits.isfinite().all().item<bool>());
    for (const torch::Tensor& each : output.auxiliary) EXPECT_EQ(each.sizes().vec(), shape);
  }
};

TEST_P(EveryNetwork, TakesAnyBandsClassesAndSizes) {
  struct Case {
    std::int64_t bands, classes, height, width;
  };
  for (const Case& each : {Case{1, 1, 33, 47}, Case{3, 2, 64, 32}, Case{13, 8, 1, 50}}) {
    const auto model = make(each.bands, each.classes);
    model->eval();
    const torch::InferenceMode guard;
    expect_logits(model->forward(image(each.bands, each.height, each.width)),
                  {2, each.classes, each.height, each.width});
  }
}

TEST_P(EveryNetwork, GivesEveryParameterAFiniteGradient) {
  const auto model = make(3, 2);
  model->train();
  const ModelOutput output = model->forward(image(3, 64, 64));
  torch::Tensor total = output.logits.square().mean();
  for (const torch::Tensor& each : output.auxiliary) total = total + each.square().mean();
  total.backward();
  for (const auto& each : model->named_parameters()) {
    ASSERT_TRUE(each.value().grad().defined()) << each.key();
    EXPECT_TRUE(each.value().grad().isfinite().all().item<bool>()) << each.key();
  }
}

TEST_P(EveryNetwork, GivesTheSameAfterItsStateWentRound) {
  const auto model = make(3, 2);
  const torch::Tensor x = image(3, 32, 32);
  model->train();
  {
    const torch::NoGradGuard no_grad;
    model->forward(x);  // moves the running statistics off their first values
  }
  torch::manual_seed(9);
  const auto copy = models().make(GetParam(), {}, ModelShape{3, 2});
  load_state(*copy, named_state(*model), "the first network");
  model->eval();
  copy->eval();
  const torch::InferenceMode guard;
  EXPECT_TRUE((*model)(x).equal((*copy)(x)));
}

TEST_P(EveryNetwork, IsTheSameEveryTimeInEvaluation) {
  const auto model = make(3, 2);
  model->eval();
  const torch::InferenceMode guard;
  const torch::Tensor x = image(3, 32, 32);
  EXPECT_TRUE((*model)(x).equal((*model)(x)));
}

TEST_P(EveryNetwork, KeepsTheChannelsLastLayoutsResult) {
  const auto model = make(3, 2);
  model->eval();
  const torch::InferenceMode guard;
  const torch::Tensor x = image(3, 48, 32);
  const torch::Tensor expected = (*model)(x);
  const torch::Tensor found = (*model)(x.contiguous(torch::MemoryFormat::ChannelsLast));
  EXPECT_TRUE(found.allclose(expected, 1e-3, 1e-4)) << (found - expected).abs().max();
}

TEST_P(EveryNetwork, GivesFiniteFloat32LogitsUnderBfloat16) {
  const auto model = make(3, 2);
  model->eval();
  const torch::InferenceMode guard;
  at::autocast::set_autocast_enabled(at::kCPU, true);
  at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  const ModelOutput output = model->forward(image(3, 32, 32));
  at::autocast::set_autocast_enabled(at::kCPU, false);
  at::autocast::clear_cache();
  expect_logits(output, {2, 2, 32, 32});
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryNetwork, testing::ValuesIn(models().names()), [](const auto& info) {
  return std::regex_replace(info.param, std::regex("\\W"), "_");
});

}  // namespace
}  // namespace nadir
