// A batch norm and its tail in two passes: equal to the layers one after another.
#include "models/blocks/norm_tail.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/graph.h"
#include "models/blocks/stack.h"
#include "nadir/model.h"

namespace nadir {
namespace {

using torch::Tensor;

struct Case {
  std::string name;
  std::int64_t channels, height, width;
  bool shortcut = false, factors = false, training = true;
  std::string inner = "relu", outer = "none";
};
void PrintTo(const Case& value, std::ostream* out) { *out << value.name; }

Tensor channels_last(const Tensor& map) { return map.contiguous(at::MemoryFormat::ChannelsLast); }

struct Result {
  Tensor y;
  std::vector<Tensor> gradients;  // of x, shortcut, weight, bias and both slopes, where there are such
  Tensor mean, variance;
  std::int64_t batches;
};

// The layers one after another in float64, on maps that are not channels-last; or the loops.
Result run(const Case& c, torch::ScalarType type, bool loops) {
  torch::manual_seed(7);
  const auto make = [&](at::IntArrayRef sizes) { return torch::randn(sizes).to(type); };
  const auto leaf = [&](const Tensor& value) {
    const Tensor full = loops ? value : value.to(torch::kFloat64);
    return (full.dim() == 4 && loops ? channels_last(full) : full.clone()).detach().requires_grad_();
  };
  const Tensor x = leaf(3 * make({3, c.channels, c.height, c.width}) + 50);
  const Tensor other = leaf(make({3, c.channels, c.height, c.width}));
  const Tensor cotangent = make({3, c.channels, c.height, c.width});
  const Tensor factors = ((torch::rand({3, c.channels, 1, 1}) > 0.3).to(type) / 0.7).to(x.scalar_type());
  torch::nn::BatchNorm2d norm(torch::nn::BatchNorm2dOptions(c.channels).eps(1e-3).momentum(0.2));
  {
    const torch::NoGradGuard no_grad;
    norm->weight.copy_(torch::randn(c.channels));
    norm->bias.copy_(torch::randn(c.channels));
    norm->running_mean.fill_(48);
    norm->running_var.fill_(10);
  }
  if (!loops) norm->to(torch::kFloat64);
  norm->train(c.training);
  std::vector<Tensor> slopes;
  const auto activation = [&](const std::string& name) {
    if (name == "relu") return relu_activation();
    if (name == "none") return no_activation();
    if (name == "relu6") return relu6_activation();
    if (name == "silu") return silu_activation();
    slopes.push_back(leaf(torch::randn({name == "prelu" ? 1 : c.channels})));
    return leaky(slopes.back());
  };
  NormTail tail;
  tail.inner = activation(c.inner);
  tail.outer = activation(c.outer);
  if (c.shortcut) tail.shortcut = other;
  if (c.factors) tail.factors = factors;
  const Tensor y = norm_tail(norm, x, tail);
  y.backward(loops ? channels_last(cotangent) : cotangent.to(torch::kFloat64));
  Result result{y.detach(),
                {x.grad(), norm->weight.grad(), norm->bias.grad()},
                norm->running_mean,
                norm->running_var,
                norm->num_batches_tracked.item<std::int64_t>()};
  if (c.shortcut) result.gradients.push_back(other.grad());
  for (const Tensor& each : slopes) result.gradients.push_back(each.grad());
  return result;
}

// The root mean square of the difference, in units of the expected values': a sum that rounds to the other
// side of an activation's kink is a large difference of a single value.
double distance(const Tensor& found, const Tensor& expected) {
  const Tensor reference = expected.to(torch::kFloat64);
  const double size = reference.square().mean().sqrt().item<double>();
  return (found.to(torch::kFloat64) - reference).square().mean().sqrt().item<double>() /
         (size > 0 ? size : 1);
}

class NormTailTest : public testing::TestWithParam<Case> {};

void expect_equal(const Case& c, torch::ScalarType type, double tolerance) {
  const Result expected = run(c, type, false), found = run(c, type, true);
  EXPECT_EQ(found.y.scalar_type(), type);
  EXPECT_LT(distance(found.y, expected.y), tolerance);
  EXPECT_LT(distance(found.mean, expected.mean), 1e-6);
  EXPECT_LT(distance(found.variance, expected.variance), 1e-6);
  EXPECT_EQ(found.batches, expected.batches);
  ASSERT_EQ(found.gradients.size(), expected.gradients.size());
  for (std::size_t i = 0; i < found.gradients.size(); ++i)
    EXPECT_LT(distance(found.gradients[i], expected.gradients[i]), tolerance) << "gradient " << i;
}

TEST_P(NormTailTest, EqualsTheLayersInFloat32) { expect_equal(GetParam(), torch::kFloat32, 1e-4); }

TEST_P(NormTailTest, EqualsTheLayersInBf16ToItsRounding) { expect_equal(GetParam(), torch::kBFloat16, 0.06); }

TEST_P(NormTailTest, DoesNotDependOnThreads) {
  const int before = torch::get_num_threads();
  torch::set_num_threads(1);
  const Result one = run(GetParam(), torch::kFloat32, true);
  torch::set_num_threads(3);
  const Result three = run(GetParam(), torch::kFloat32, true);
  torch::set_num_threads(before);
  EXPECT_TRUE(torch::equal(one.y, three.y));
  for (std::size_t i = 0; i < one.gradients.size(); ++i)
    EXPECT_TRUE(torch::equal(one.gradients[i], three.gradients[i])) << "gradient " << i;
}

INSTANTIATE_TEST_SUITE_P(
    Tails, NormTailTest,
    testing::Values(Case{"relu", 16, 32, 40}, Case{"few_channels", 4, 32, 32}, Case{"odd", 13, 7, 5},
                    Case{"wide", 200, 3, 6}, Case{"evaluation", 24, 8, 8, true, false, false},
                    Case{"shortcut", 64, 24, 24, true, false, true, "none", "relu"},
                    Case{"dropped", 32, 9, 16, true, true, true, "none", "relu"},
                    Case{"relu6", 24, 12, 9, false, false, true, "relu6"},
                    Case{"silu", 24, 12, 9, false, false, true, "silu"},
                    Case{"silu_in_evaluation", 40, 6, 9, false, false, false, "silu"},
                    Case{"silu_and_shortcut", 16, 12, 9, true, true, true, "silu", "relu"},
                    Case{"prelu", 16, 16, 16, false, false, true, "prelu"},
                    Case{"two_prelus", 32, 16, 16, true, true, true, "prelu", "prelu"},
                    Case{"prelus_of_channels", 8, 16, 16, true, false, true, "prelus", "prelus"}),
    [](const auto& info) { return info.param.name; });

TEST(NormTail, LeavesOneValueForEachChannelToTorchWhichRefusesIt) {
  torch::nn::BatchNorm2d norm(3);
  EXPECT_THROW(norm_relu(norm, channels_last(torch::ones({1, 3, 1, 1}))), std::exception);
}

TEST(NormTail, DropsWhatDropout2dDrops) {
  torch::nn::Dropout2d drop(0.4);
  const Tensor x = torch::ones({4, 8, 3, 3});
  torch::manual_seed(3);
  const Tensor expected = drop(x);
  torch::manual_seed(3);
  EXPECT_TRUE(torch::equal(x * drop_factors(drop, x), expected));
  drop->eval();
  EXPECT_FALSE(drop_factors(drop, x).defined());
}

TEST(NormTail, StacksEqualTheirLayers) {
  torch::manual_seed(5);
  Stack stack(torch::nn::Conv2d(3, 8, 3), torch::nn::BatchNorm2d(8), torch::nn::PReLU(),
              torch::nn::Conv2d(8, 4, 1), torch::nn::BatchNorm2d(4));
  const Tensor x = channels_last(torch::randn({2, 3, 9, 9})),
               other = channels_last(torch::randn({2, 4, 7, 7}));
  const Tensor found = stack->join(x, {.factors = {}, .shortcut = other, .outer = relu_activation()});
  Tensor expected = x;
  for (auto& layer : *stack) expected = layer.any_forward(expected).get<Tensor>();
  EXPECT_LT(distance(found, (expected + other).relu()), 1e-5);
}

// A residual block in each of its forms: two norms meet in a sum, one of them nothing else reads; a sum
// without an activation; one whose norm is read twice.
TEST(NormTail, GraphsEqualTheirLayers) {
  torch::nn::Module owner;
  Graph graph;
  graph.section(owner, kKerasNorm, KerasInit::kGlorotUniform);
  const auto input = graph.input(3);
  const auto main = graph.norm("n1", graph.conv("c1", input, 8)),
             side = graph.norm("n2", graph.conv("c2", input, 8, {.kernel = 1}));
  const auto a = graph.relu(graph.add(side, main));
  const auto b = graph.add(a, graph.norm("n3", graph.conv("c3", a, 8)));
  const auto twice = graph.norm("n4", graph.conv("c4", b, 8));
  const auto c = graph.silu(graph.add(twice, graph.relu(twice)));
  const auto d = graph.relu6(graph.norm("n5", graph.transposed_conv("c5", c, 4)));
  owner.train();
  torch::manual_seed(5);
  const Tensor image = torch::randn({2, 3, 10, 8});
  const auto gradients = [&](const Tensor& x) {
    owner.zero_grad();
    const Tensor y = graph.run(x, {d})[0];
    y.square().sum().backward();
    std::vector<Tensor> found = {y.detach()};
    for (const Tensor& each : owner.parameters()) found.push_back(each.grad().clone());
    for (const Tensor& each : owner.buffers()) found.push_back(each.clone());
    return found;
  };
  owner.to(torch::kFloat64);
  const auto state = [&] {
    std::vector<Tensor> all;
    for (const Tensor& each : owner.buffers()) all.push_back(each.clone());
    return all;
  };
  const std::vector<Tensor> before = state(), expected = gradients(image.to(torch::kFloat64));
  {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < before.size(); ++i) owner.buffers()[i].copy_(before[i]);
  }
  owner.to(torch::kFloat32);
  for (Tensor& each : owner.parameters()) {
    if (each.dim() == 4) each.set_data(channels_last(each));
  }
  const std::vector<Tensor> found = gradients(channels_last(image));
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)  // the bias before a norm has no gradient
    EXPECT_TRUE(torch::allclose(found[i].to(torch::kFloat64), expected[i].to(torch::kFloat64), 1e-3, 1e-3))
        << i << " of " << found.size();
}

}  // namespace
}  // namespace nadir
