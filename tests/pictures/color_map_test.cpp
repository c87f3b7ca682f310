#include "pictures/color_map.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace nadir {
namespace {

// matplotlib's inferno at 0, 1/3, 2/3 and 1: #000004, #781c6d, #ed6925, #fcffa4.
TEST(ColorMap, IsInferno) {
  const torch::Tensor colors = color_map(torch::tensor({0.0F, 3.0F / 9, 6.0F / 9, 1.0F}));
  const torch::Tensor expected =
      torch::tensor({0, 0, 4, 120, 28, 109, 237, 105, 37, 252, 255, 164}, torch::kUInt8).view({4, 3});
  EXPECT_TRUE(torch::equal(colors, expected)) << colors;
}

TEST(ColorMap, GetsLighterAllTheWay) {
  const torch::Tensor colors = color_map(torch::linspace(0, 1, 200)).to(torch::kFloat32);  // [200, 3]
  const torch::Tensor light = colors.matmul(torch::tensor({0.2126F, 0.7152F, 0.0722F}));   // Rec. 709
  EXPECT_GE((light.narrow(0, 1, 199) - light.narrow(0, 0, 199)).min().item<float>(), 0);
}

TEST(ColorMap, TakesNumbersBeyondItsEndsAsTheEnds) {
  EXPECT_TRUE(torch::equal(color_map(torch::tensor({-3.0F, 9.0F})), color_map(torch::tensor({0.0F, 1.0F}))));
}

}  // namespace
}  // namespace nadir
