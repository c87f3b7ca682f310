// Depthwise convolutions with gradients of nadir's own: equal to torch's.
#include "models/blocks/depthwise.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/conv.h"

namespace nadir {
namespace {

using torch::Tensor;

struct Case {
  std::string name;
  ConvShape shape;
  bool loops = true;
  std::int64_t channels = 24, height = 17, width = 12;
};
void PrintTo(const Case& value, std::ostream* out) { *out << value.name; }

// Gradients of x, weight and bias (where there is one); in float64 torch's own backward pass runs.
std::vector<Tensor> gradients(const Case& c, torch::ScalarType type) {
  torch::manual_seed(3);
  ConvShape shape = c.shape;
  shape.groups = c.channels;
  auto layer = conv(c.channels, c.channels, shape);
  const Tensor image = torch::randn({3, c.channels, c.height, c.width}).to(torch::kBFloat16);
  {
    const torch::NoGradGuard no_grad;
    for (Tensor& each : layer->parameters()) each.copy_(each.to(torch::kBFloat16));
  }
  layer->to(type);
  const Tensor x = image.to(type).contiguous(at::MemoryFormat::ChannelsLast).detach().requires_grad_();
  const Tensor y = convolved(layer, x);
  EXPECT_EQ(y.grad_fn()->name().find("Depthwise") != std::string::npos, c.loops && type != torch::kFloat64)
      << y.grad_fn()->name();
  y.backward(
      torch::randn(y.sizes()).to(torch::kBFloat16).to(type).contiguous(at::MemoryFormat::ChannelsLast));
  std::vector<Tensor> found = {y.detach(), x.grad(), layer->weight.grad()};
  if (shape.bias) found.push_back(layer->bias.grad());
  return found;
}

double distance(const Tensor& found, const Tensor& expected) {
  return ((found.to(torch::kFloat64) - expected).norm() / expected.norm()).item<double>();
}

class Depthwise : public testing::TestWithParam<Case> {};

TEST_P(Depthwise, HasTorchsGradients) {
  const std::vector<Tensor> expected = gradients(GetParam(), torch::kFloat64);
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const std::vector<Tensor> found = gradients(GetParam(), type);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].scalar_type(), type);
      EXPECT_EQ(found[i].sizes(), expected[i].sizes());
      // bfloat16 has 8 bits: rounding the result changes it by at most 2^-8 of itself.
      EXPECT_LT(distance(found[i], expected[i]), type == torch::kFloat32 ? 1e-6 : 0x1p-8) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Depthwise,
                         testing::Values(Case{"Plain", {}, false}, Case{"Stride", {.stride = 2}},
                                         Case{"Five", {.kernel = 5, .bias = true}},
                                         Case{"FiveStride", {.kernel = 5, .stride = 2}},
                                         Case{"Dilation", {.kernel = 5, .dilation = 3}},
                                         Case{"NoPadding", {.stride = 2, .padding = 0}},
                                         Case{"One", {.kernel = 1, .stride = 2}},
                                         Case{"FewRows", {.kernel = 5}, true, 40, 2, 3},
                                         Case{"TwoChannels", {.stride = 3}, true, 2, 9, 9}),
                         [](const auto& info) { return info.param.name; });

TEST(DepthwiseTest, AnUnneededGradientIsNotMade) {
  auto layer = conv(8, 8, {.groups = 8});
  const Tensor x = torch::randn({1, 8, 6, 6}).contiguous(at::MemoryFormat::ChannelsLast);
  convolved(layer, x).sum().backward();
  EXPECT_FALSE(x.grad().defined());
  EXPECT_TRUE(layer->weight.grad().defined());
}

TEST(DepthwiseTest, OtherConvolutionsAreTorchs) {
  auto layer = conv(8, 8, {.groups = 4});
  const Tensor x = torch::randn({1, 8, 6, 6}).contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_EQ(convolved(layer, x).grad_fn()->name(), layer(x).grad_fn()->name());
}

}  // namespace
}  // namespace nadir
