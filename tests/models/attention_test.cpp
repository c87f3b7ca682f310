// Attention by products is the attention that LibTorch computes in one.
#include "models/blocks/attention.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace nadir {
namespace {

using torch::Tensor;

std::vector<Tensor> random_heads(torch::ScalarType type) {
  torch::manual_seed(11);
  const auto make = [&](std::int64_t tokens) {
    return torch::randn({2, 3, tokens, 16}).to(type).requires_grad_();
  };
  return {make(20), make(30), make(30)};
}

double distance(const Tensor& found, const Tensor& expected) {
  return (found.to(torch::kFloat64) - expected).abs().max().item<double>();
}

void expect_equal(torch::ScalarType type, double tolerance) {
  const std::vector<Tensor> found = random_heads(type);
  std::vector<Tensor> expected;
  for (const Tensor& each : found) expected.push_back(each.detach().to(torch::kFloat64).requires_grad_());
  const Tensor y = attend_by_products(found[0], found[1], found[2]);
  const Tensor z = torch::scaled_dot_product_attention(expected[0], expected[1], expected[2]);
  EXPECT_EQ(y.scalar_type(), type);
  EXPECT_LT(distance(y, z), tolerance);
  y.square().sum().backward();
  z.square().sum().backward();
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_LT(distance(found[i].grad(), expected[i].grad()), tolerance) << i;
}

TEST(AttentionTest, ByProductsEqualsLibtorchsInFloat64) { expect_equal(torch::kFloat64, 1e-12); }

TEST(AttentionTest, ByProductsEqualsLibtorchsInBf16ToItsRounding) { expect_equal(torch::kBFloat16, 0.05); }

// The loops round weights once; libtorch's softmax in bfloat16 does so too.
TEST(AttentionTest, Bf16WeightsAreTheSoftmaxToHalfAPlace) {
  for (const std::int64_t tokens : {1, 2, 16, 17, 197}) {
    torch::manual_seed(11);
    const Tensor q = (8 * torch::randn({1, 2, 5, 4})).to(torch::kBFloat16),
                 k = torch::randn({1, 2, tokens, 4}).to(torch::kBFloat16);
    const Tensor ones = torch::eye(tokens).expand({1, 2, tokens, tokens}).to(torch::kBFloat16);
    const Tensor expected = (q.matmul(k.transpose(-2, -1)).to(torch::kFloat32) / 2).softmax(-1);
    const Tensor weights = attend_by_products(q, k, ones);
    EXPECT_TRUE(torch::allclose(weights.to(torch::kFloat32), expected, 0x1.01p-8, 1e-30)) << tokens;
    const torch::NoGradGuard no_grad;
    EXPECT_TRUE(torch::equal(attend_by_products(q, k, ones), weights)) << tokens;
  }
}

// As layers give them: heads of a token side by side; more images than are computed at a time.
TEST(AttentionTest, Bf16WithoutGradientsIsTheSameForManyImages) {
  torch::manual_seed(11);
  const auto heads = [](std::int64_t tokens) {
    return torch::randn({7, tokens, 3 * 20}).to(torch::kBFloat16).reshape({7, tokens, 3, 20}).transpose(1, 2);
  };
  const Tensor q = heads(300), k = heads(310), v = heads(310);
  const Tensor expected = attend_by_products(q, k, v);
  const torch::NoGradGuard no_grad;
  const Tensor found = attend_by_products(q, k, v);
  EXPECT_EQ(found.sizes(), q.sizes());
  EXPECT_TRUE(found.transpose(1, 2).is_contiguous());  // tokens again, without a copy
  EXPECT_LT(distance(found, expected.to(torch::kFloat64)), 1e-2);
}

TEST(AttentionTest, Bf16ScoresMayBeLargeOrNaN) {
  const Tensor q = torch::tensor({1e18F, 0.0F, NAN}).reshape({1, 1, 3, 1}).to(torch::kBFloat16);
  const Tensor k = torch::tensor({-1e18F, 1e18F, 0.0F}).reshape({1, 1, 3, 1}).to(torch::kBFloat16);
  const Tensor found = attend_by_products(q, k, torch::eye(3).reshape({1, 1, 3, 3}).to(torch::kBFloat16));
  const Tensor rows = found.to(torch::kFloat64).reshape({3, 3});
  EXPECT_TRUE(torch::allclose(rows[0], torch::tensor({0.0, 1.0, 0.0}, torch::kFloat64), 0, 1e-30)) << rows;
  EXPECT_LT((rows[1] - 1.0 / 3).abs().max().item<double>(), 1e-3) << rows;
  EXPECT_TRUE(rows[2].isnan().all().item<bool>()) << rows;
}

TEST(AttentionTest, ByProductsDropsWeights) {
  const std::vector<Tensor> heads = random_heads(torch::kFloat32);
  const Tensor ones = torch::ones_like(heads[2]);
  // Weights sum to 1; what is kept of them is doubled.
  const Tensor sums = attend_by_products(heads[0], heads[1], ones, 0.5);
  EXPECT_GT(sums.std().item<double>(), 0.05);
  EXPECT_NEAR(sums.mean().item<double>(), 1, 0.25);
}

TEST(AttentionTest, ProductsAreForFewTokensInBf16) {
  const auto heads = [](std::int64_t tokens, torch::ScalarType type) {
    return torch::empty({1, 1, tokens, 1}, type);
  };
  EXPECT_TRUE(gains_by_products(heads(1024, torch::kBFloat16), heads(1024, torch::kBFloat16)));
  EXPECT_FALSE(gains_by_products(heads(4096, torch::kBFloat16), heads(4096, torch::kBFloat16)));
  EXPECT_FALSE(gains_by_products(heads(16, torch::kFloat32), heads(16, torch::kFloat32)));
}

}  // namespace
}  // namespace nadir
