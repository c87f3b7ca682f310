// A sum of tokens and its layer norm in one pass: equal to the layers one after another.
#include "models/blocks/token_norm.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/precision.h"

namespace nadir {
namespace {

using torch::Tensor;

struct Case {
  std::string name;
  std::int64_t tokens, width;
  bool branch = true;
};
void PrintTo(const Case& value, std::ostream* out) { *out << value.name; }

// sum, normed, and the gradients of tokens, weight, bias and branch, where there is one.
std::vector<Tensor> run(const Case& c, bool loops) {
  torch::manual_seed(3);
  const auto type = loops ? torch::kFloat32 : torch::kFloat64;
  const auto rounded = [](at::IntArrayRef sizes) { return torch::randn(sizes).to(torch::kBFloat16); };
  const at::DimVector sizes = {2, c.tokens, c.width};
  const Tensor tokens = (5 + 2 * torch::randn(sizes)).to(type).requires_grad_();
  const Tensor branch = rounded(sizes).to(loops ? torch::kBFloat16 : type).detach().requires_grad_();
  torch::nn::LayerNorm norm(torch::nn::LayerNormOptions({c.width}).eps(1e-6));
  {
    const torch::NoGradGuard no_grad;
    norm->weight.copy_(torch::randn(c.width));
    norm->bias.copy_(torch::randn(c.width));
  }
  norm->to(type);
  const Tensor cotangent = rounded(sizes), of_sum = torch::randn(sizes).to(type);
  const AutocastGuard autocast(loops ? "bf16" : "fp32", torch::kCPU);
  const NormedSum made = sum_norm(norm, tokens, c.branch ? branch : Tensor());
  EXPECT_EQ(made.normed.scalar_type(), loops ? torch::kBFloat16 : torch::kFloat64);
  EXPECT_EQ(made.sum.scalar_type(), type);
  ((made.normed * cotangent.to(made.normed.scalar_type())).to(type).sum() + (made.sum * of_sum).sum())
      .backward();
  std::vector<Tensor> found = {made.sum.detach(), made.normed.detach(), tokens.grad(), norm->weight.grad(),
                               norm->bias.grad()};
  if (c.branch) found.push_back(branch.grad());
  return found;
}

double distance(const Tensor& found, const Tensor& expected) {
  return ((found.to(torch::kFloat64) - expected).norm() / expected.norm()).item<double>();
}

class TokenNormTest : public testing::TestWithParam<Case> {};

TEST_P(TokenNormTest, EqualsTheLayers) {
  const std::vector<Tensor> expected = run(GetParam(), false), found = run(GetParam(), true);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool rounded = found[i].scalar_type() == torch::kBFloat16;
    EXPECT_LT(distance(found[i], expected[i]), rounded ? 0x1p-8 : 2e-6) << i;
  }
}

TEST_P(TokenNormTest, DoesNotDependOnThreads) {
  const int before = torch::get_num_threads();
  torch::set_num_threads(1);
  const std::vector<Tensor> one = run(GetParam(), true);
  torch::set_num_threads(3);
  const std::vector<Tensor> three = run(GetParam(), true);
  torch::set_num_threads(before);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(torch::equal(one[i], three[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(Shapes, TokenNormTest,
                         testing::Values(Case{"Even", 64, 48}, Case{"Odd", 197, 100}, Case{"Narrow", 3, 5},
                                         Case{"NormAlone", 70, 192, false}),
                         [](const auto& info) { return info.param.name; });

TEST(TokenNorm, StaysInFloat32WithoutAutocast) {
  torch::nn::LayerNorm norm(torch::nn::LayerNormOptions({8}));
  const Tensor tokens = torch::randn({2, 3, 8});
  EXPECT_TRUE(torch::equal(sum_norm(norm, tokens).normed, norm(tokens)));
}

}  // namespace
}  // namespace nadir
