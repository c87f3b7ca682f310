// Means over pixels and products with a number per channel, computed in loops, are LibTorch's.
#include "models/inference/channel_gates.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace nadir {
namespace {

using torch::Tensor;

constexpr auto kNhwc = torch::MemoryFormat::ChannelsLast;

// Values: 0 the map, 1 a gate, made of the map's means by `mean`, 2 their product.
Program gated(const Tensor& map) {
  Program program;
  program.input = 0;
  program.output = 2;
  program.shapes = {map.sizes().vec(), {map.size(0), map.size(1), 1, 1}, map.sizes().vec()};
  const c10::List<std::int64_t> pixels({2, 3});
  program.steps.push_back(
      make_step("aten::mean", "dim", {{0, {}}, {{}, pixels}, {{}, true}, {{}, c10::IValue()}}, 1));
  program.steps.push_back(make_step("aten::mul", "Tensor", {{0, {}}, {1, {}}}, 2));
  return program;
}

class ChannelGates : public testing::TestWithParam<std::tuple<torch::ScalarType, std::vector<std::int64_t>>> {
};

TEST_P(ChannelGates, AreMeansTimesTheMap) {
  const auto [type, size] = GetParam();
  torch::manual_seed(5);
  const Tensor map = torch::randn(size).add(1).to(type).contiguous(kNhwc);
  Program program = gated(map);
  choose_channel_loops(program);
  const Tensor found = program.run(map);
  const Tensor wide = map.to(torch::kFloat64), expected = wide * wide.mean({2, 3}, true).to(type);
  EXPECT_EQ(found.scalar_type(), type);
  EXPECT_TRUE(found.is_contiguous(kNhwc));
  const double tolerance = type == torch::kBFloat16 ? 0x1p-7 : 1e-6;
  EXPECT_TRUE(torch::allclose(found.to(torch::kFloat64), expected, tolerance, 1e-6));
}

INSTANTIATE_TEST_SUITE_P(Maps, ChannelGates,
                         testing::Combine(testing::Values(torch::kFloat32, torch::kBFloat16),
                                          testing::Values(std::vector<std::int64_t>{2, 130, 5, 7},
                                                          std::vector<std::int64_t>{1, 3, 1, 1},
                                                          std::vector<std::int64_t>{3, 128, 2, 2},
                                                          std::vector<std::int64_t>{1, 24, 33, 31})));

TEST(ChannelGatesTest, MapsInOtherOrdersAndTypesAreLeftToLibtorch) {
  torch::manual_seed(5);
  for (const auto type : {torch::kFloat64, torch::kFloat32}) {
    const Tensor map = torch::randn({2, 5, 4, 3}).to(type);
    Program program = gated(map);
    const Tensor expected = program.run(map);
    choose_channel_loops(program);
    EXPECT_TRUE(torch::equal(program.run(map), expected));
  }
}

}  // namespace
}  // namespace nadir
