// Activations with dropout: equal to torch's, and dropped as probability has it.
#include "models/blocks/activation.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace nadir {
namespace {

using torch::Tensor;

struct Case {
  std::string name;
  Activation f;
};
void PrintTo(const Case& value, std::ostream* out) { *out << value.name; }

Tensor by_torch(Activation f, const Tensor& x) {
  if (f == Activation::kRelu) return x.relu();
  if (f == Activation::kElu) return torch::elu(x);
  if (f == Activation::kGelu) return torch::gelu(x);
  return x;
}

// Small, large and no values; more than one block, the last one not full; channels-last.
Tensor values(torch::ScalarType type) {
  torch::manual_seed(4);
  Tensor x = 4 * torch::randn({2, 6, 31, 17});
  x[0][0][0].copy_(1e-4 * torch::randn(17));
  x[1][5][30].zero_();
  x[1][5][29].fill_(-200);
  x[1][5][28].fill_(200);
  return x.to(type).contiguous(at::MemoryFormat::ChannelsLast);
}

struct Result {
  Tensor y, grad;
};

// In float64 torch's own operators run.
Result run(Activation f, const Tensor& x, double dropout = 0) {
  const Tensor leaf = x.detach().clone().requires_grad_();
  const Tensor y = activate(f, leaf * 1, dropout);
  torch::manual_seed(9);
  y.backward(torch::randn(x.sizes()).to(torch::kBFloat16).to(x.scalar_type()));
  return {y.detach(), leaf.grad()};
}

double distance(const Tensor& found, const Tensor& expected) {
  return (found.to(torch::kFloat64) - expected).abs().max().item<double>();
}

class ActivationTest : public testing::TestWithParam<Case> {};

TEST_P(ActivationTest, EqualsTorchs) {
  const Activation f = GetParam().f;
  for (const auto& [type, tolerance] : {std::pair{torch::kFloat32, 2e-6}, {torch::kBFloat16, 0.04}}) {
    const Tensor x = values(type);
    const Result found = run(f, x), expected = run(f, x.to(torch::kFloat64));
    EXPECT_EQ(found.y.scalar_type(), type);
    EXPECT_EQ(found.y.strides(), x.strides());
    const Tensor large = expected.y.abs() > 20;  // of which bfloat16 has fewer digits
    EXPECT_LT(distance(found.y.masked_fill(large, 0), expected.y.masked_fill(large, 0)), tolerance);
    EXPECT_TRUE(torch::allclose(found.y.to(torch::kFloat64), expected.y, 0x1p-8, tolerance));
    EXPECT_LT(distance(found.grad, expected.grad), tolerance);
  }
}

TEST_P(ActivationTest, KeepsNansAndTheSmallestValues) {
  const Activation f = GetParam().f;
  const Tensor x = torch::tensor({std::nanf(""), 1e-6F, -1e-6F}).requires_grad_();
  const Tensor y = activate(f, x * 1);
  EXPECT_TRUE(f == Activation::kRelu || std::isnan(y[0].item<float>()));
  const Tensor expected = by_torch(f, x.detach().to(torch::kFloat64));
  EXPECT_LT(distance(y.detach()[1], expected[1]), 1e-12);
  EXPECT_LT(distance(y.detach()[2], expected[2]), 1e-12);
}

// Which values are kept is seen where the activation gives no 0; their gradients are those of torch's
// operators, times the same factors.
TEST_P(ActivationTest, DropsWithTheSameFactorsInBothDirections) {
  const Activation f = GetParam().f;
  constexpr double kDropout = 0.3;
  const Tensor x = values(torch::kFloat32).abs() + 0.01;
  torch::manual_seed(1);
  const Result found = run(f, x, kDropout), expected = run(f, x.to(torch::kFloat64));
  const Tensor kept = (found.y != 0).to(torch::kFloat64) / (1 - kDropout);
  EXPECT_NEAR(kept.mean().item<double>(), 1, 0.03);
  EXPECT_TRUE(torch::allclose(found.y.to(torch::kFloat64), expected.y * kept, 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(found.grad.to(torch::kFloat64), expected.grad * kept, 1e-5, 1e-5));
}

TEST_P(ActivationTest, IsTheSameForTheSameSeedWhateverTheThreads) {
  const Tensor x = torch::randn({3, 40, 32, 31}).contiguous(at::MemoryFormat::ChannelsLast);
  const int before = torch::get_num_threads();
  std::vector<Result> results;
  for (const int threads : {1, 3}) {
    torch::set_num_threads(threads);
    torch::manual_seed(6);
    results.push_back(run(GetParam().f, x, 0.5));
  }
  torch::set_num_threads(before);
  EXPECT_TRUE(torch::equal(results[0].y, results[1].y));
  EXPECT_TRUE(torch::equal(results[0].grad, results[1].grad));
  torch::manual_seed(7);
  EXPECT_FALSE(torch::equal(run(GetParam().f, x, 0.5).y, results[0].y));
}

INSTANTIATE_TEST_SUITE_P(Activations, ActivationTest,
                         testing::Values(Case{"none", Activation::kNone}, Case{"relu", Activation::kRelu},
                                         Case{"elu", Activation::kElu}, Case{"gelu", Activation::kGelu}),
                         [](const auto& info) { return info.param.name; });

// A million draws: shares within five standard deviations, of the whole and of what is eight or a block
// apart, and of pairs of neighbours, which are kept independently.
TEST(DropoutTest, DropsTheShareThatItIsAskedFor) {
  const Tensor ones = torch::ones({1024, 1024});
  for (const double dropout : {0.05, 0.5, 0.9}) {
    torch::manual_seed(2);
    const Tensor kept = (activate(Activation::kNone, ones, dropout) != 0).to(torch::kFloat64);
    const double share = 1 - dropout, deviation = std::sqrt(share * dropout / 1024 / 1024);
    EXPECT_NEAR(kept.mean().item<double>(), share, 5 * deviation);
    for (const std::int64_t step : {8, 512, 1024})
      EXPECT_NEAR(kept.view({-1})
                      .index({torch::indexing::Slice(0, torch::indexing::None, step)})
                      .mean()
                      .item<double>(),
                  share, 5 * deviation * std::sqrt(static_cast<double>(step)));
    const Tensor flat = kept.view({-1});
    for (const std::int64_t apart : {1, 512, 1024}) {
      const Tensor both = flat.slice(0, apart) * flat.slice(0, 0, -apart);
      const double pair = share * share;
      EXPECT_NEAR(both.mean().item<double>(), pair, 8 * std::sqrt(pair * (1 - pair)) / 1024) << apart;
    }
    // Two calls draw anew.
    EXPECT_FALSE(torch::equal(kept, (activate(Activation::kNone, ones, dropout) != 0).to(torch::kFloat64)));
  }
}

TEST(DropoutTest, NothingHappensWithout) {
  const Tensor x = torch::randn({2, 3, 4, 4});
  EXPECT_TRUE(activate(Activation::kNone, x).is_same(x));
  torch::nn::Dropout drop(0.4);
  EXPECT_EQ(drop_rate(drop), 0.4);
  drop->eval();
  EXPECT_EQ(drop_rate(drop), 0);
}

// A gradient in another order of memory than the map's meets the factors of its own values.
TEST(DropoutTest, GradientsMayLieInAnotherOrder) {
  const Tensor x = values(torch::kFloat32).requires_grad_();
  const Tensor y = activate(Activation::kNone, x * 1, 0.5);
  y.backward(torch::ones(y.sizes()));
  EXPECT_TRUE(torch::equal((x.grad() != 0) & (x.detach() != 0), y.detach() != 0));
}

}  // namespace
}  // namespace nadir
