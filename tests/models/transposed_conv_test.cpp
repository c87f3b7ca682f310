// Transposed convolutions with bias gradients of nadir's own: equal to torch's.
#include "models/blocks/transposed_conv.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "models/blocks/conv.h"
#include "models/precision.h"

namespace nadir {
namespace {

using torch::Tensor;
using Options = torch::nn::ConvTranspose2dOptions;

struct Case {
  std::string name;
  Options options;
};
void PrintTo(const Case& value, std::ostream* out) { *out << value.name; }

// y and the gradients of x, weight and bias.
template <class Layer>
std::vector<Tensor> run(Layer layer, torch::ScalarType type, bool own) {
  torch::manual_seed(3);
  {
    const torch::NoGradGuard no_grad;
    for (Tensor& each : layer->parameters()) each.copy_(torch::randn(each.sizes()).to(torch::kBFloat16));
  }
  layer->to(type);
  const Tensor x = torch::randn({2, 12, 7, 9})
                       .to(torch::kBFloat16)
                       .to(type)
                       .contiguous(at::MemoryFormat::ChannelsLast)
                       .requires_grad_();
  const Tensor y = layer->forward(x);
  EXPECT_EQ(y.grad_fn()->name().find("TransposedConv") != std::string::npos, own) << y.grad_fn()->name();
  y.backward(torch::randn(y.sizes()).to(torch::kBFloat16).to(type));
  std::vector<Tensor> found = {y.detach(), x.grad(), layer->weight.grad()};
  if (layer->bias.defined()) found.push_back(layer->bias.grad());
  return found;
}

class TransposedConvTest : public testing::TestWithParam<Case> {};

TEST_P(TransposedConvTest, HasTorchsGradients) {
  const Options& options = GetParam().options;
  const bool own = options.bias() && options.groups() == 1 && options.dilation()->at(0) == 1;
  const std::vector<Tensor> expected = run(torch::nn::ConvTranspose2d(options), torch::kFloat64, false);
  for (const torch::ScalarType type : {torch::kFloat64, torch::kFloat32, torch::kBFloat16}) {
    const std::vector<Tensor> found = run(TransposedConv(options), type, own);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].scalar_type(), type);
      const double off =
          ((found[i].to(torch::kFloat64) - expected[i]).norm() / expected[i].norm()).item<double>();
      EXPECT_LT(off, type == torch::kBFloat16 ? 0x1p-8 : 1e-6) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, TransposedConvTest,
                         testing::Values(Case{"Doubling", Options(12, 6, 2).stride(2)},
                                         Case{"Three",
                                              Options(12, 6, 3).stride(2).padding(1).output_padding(1)},
                                         Case{"OutputPadding", Options(12, 5, 3).stride(2).output_padding(1)},
                                         Case{"NoBias", Options(12, 6, 2).stride(2).bias(false)},
                                         Case{"Groups", Options(12, 6, 2).stride(2).groups(3)},
                                         Case{"Dilation", Options(12, 6, 3).dilation(2)}),
                         [](const auto& info) { return info.param.name; });

TEST(TransposedConv, LowersUnderAutocastAndKeepsFloat32Gradients) {
  TransposedConv layer = doubling_conv(8, 4);
  const AutocastGuard autocast("bf16", torch::kCPU);
  const Tensor y = layer->forward(torch::randn({1, 8, 6, 6}));
  EXPECT_EQ(y.scalar_type(), torch::kBFloat16);
  y.sum().backward();
  EXPECT_EQ(layer->weight.grad().scalar_type(), torch::kFloat32);
  EXPECT_EQ(layer->bias.grad().scalar_type(), torch::kFloat32);
}

TEST(TransposedConv, RunsInSequences) {
  torch::nn::Sequential layers(doubling_conv(8, 4), torch::nn::ReLU());
  EXPECT_EQ(layers->forward(torch::randn({1, 8, 6, 6})).sizes(), (std::vector<std::int64_t>{1, 4, 12, 12}));
}

TEST(TransposedConv, AFrozenOneHasNoGradients) {
  TransposedConv layer = doubling_conv(8, 4);
  for (Tensor& each : layer->parameters()) each.set_requires_grad(false);
  const Tensor x = torch::randn({1, 8, 6, 6}).requires_grad_();
  layer->forward(x).sum().backward();
  EXPECT_TRUE(x.grad().defined());
  EXPECT_FALSE(layer->weight.grad().defined());
}

}  // namespace
}  // namespace nadir
