// Networks made ready for prediction give what they gave before. Every registered one; new ones are found
// without an edit.
#include "models/inference/inference_network.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <regex>

#include "models/inference/fold_norms.h"

namespace nadir {
namespace {

constexpr std::int64_t kSide = 64;

// Statistics that are not those of a fresh batch norm, which change nothing.
void give_statistics(Model& model) {
  for (auto& each : model.named_buffers()) {
    if (each.key().ends_with("running_mean")) each.value().uniform_(-0.3, 0.3);
    if (each.key().ends_with("running_var")) each.value().uniform_(0.5, 1.5);
  }
}

std::shared_ptr<Model> make(const std::string& name) {
  torch::manual_seed(3);
  ConfigNode options;
  if (models().resolve(name, {}).find("image_size")) {
    const ConfigNode side = ConfigNode::scalar(std::to_string(kSide));
    options.set("image_size", ConfigNode::list({side, side}));
  }
  auto model = models().make(name, options, {.bands = 3, .classes = 4});
  const torch::NoGradGuard no_grad;
  give_statistics(*model);
  model->eval();
  return model;
}

// The largest difference in shares of the largest logit.
double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

class ReadyNetwork : public testing::TestWithParam<std::string> {};

TEST_P(ReadyNetwork, GivesTheSameLogitsButForRounding) {
  const auto model = make(GetParam());
  const torch::Tensor image = torch::randn({2, 3, kSide, kSide});
  const torch::NoGradGuard no_grad;
  const torch::Tensor expected = (*model)(image);
  InferenceNetwork ready(model, torch::kFloat32);
  const torch::Tensor logits = ready(image);
  EXPECT_EQ(logits.sizes(), expected.sizes());
  EXPECT_LT(difference(logits, expected), 2e-5);
  EXPECT_TRUE(torch::equal(ready(image), logits));
  const torch::Tensor other = torch::randn({1, 3, kSide, kSide});
  EXPECT_LT(difference(ready(other), (*model)(other)), 2e-5);  // no value of the first image was kept
}

TEST_P(ReadyNetwork, RunsInShortFloats) {
  const auto model = make(GetParam());
  const torch::Tensor image = torch::randn({1, 3, kSide, kSide});
  const torch::NoGradGuard no_grad;
  const torch::Tensor expected = (*model)(image);
  const torch::Tensor logits = InferenceNetwork(model, torch::kBFloat16)(image);
  EXPECT_EQ(logits.scalar_type(), torch::kFloat32);
  EXPECT_EQ(logits.sizes(), expected.sizes());
  // A bfloat16 has 8 bits; rounding adds up over some hundred layers.
  EXPECT_LT(((logits - expected).square().mean() / expected.square().mean()).sqrt().item<double>(), 0.08);
}

INSTANTIATE_TEST_SUITE_P(Models, ReadyNetwork, testing::ValuesIn(models().names()), [](const auto& each) {
  return std::regex_replace(each.param, std::regex("[^A-Za-z0-9]"), "_");
});

std::int64_t count(const Program& program, const std::string& operation) {
  return std::count_if(program.steps.begin(), program.steps.end(),
                       [&](const Step& step) { return step.operation == operation; });
}

TEST(InferenceNetworkTest, TheUnetHasNoNormLeftAfterFolding) {
  const auto model = make("unet");
  Program program = trace_program(*model, torch::zeros({1, 3, kSide, kSide}));
  EXPECT_EQ(count(program, "aten::batch_norm"), 18);
  fold_norms(program);
  EXPECT_EQ(count(program, "aten::batch_norm"), 0);
}

TEST(InferenceNetworkTest, TracingLeavesTheModelTrainable) {
  const auto model = make("unet");
  const auto before = count_parameters(*model).trainable;
  InferenceNetwork(model, torch::kFloat32)(torch::zeros({1, 3, kSide, kSide}));
  EXPECT_EQ(count_parameters(*model).trainable, before);
  EXPECT_GT(before, 0);
}

}  // namespace
}  // namespace nadir
