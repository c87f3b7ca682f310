#include "predict/blend_accumulator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nadir/predict.h"

namespace nadir {
namespace {

constexpr std::int64_t kTile = 6;

TEST(BlendAccumulatorTest, OverlappingTilesGiveTheWeightedMean) {
  const torch::Tensor window = blend_window("linear", kTile);
  BlendAccumulator blender({0, 0, kTile, 9}, 1, window, 3, 0);
  blender.add({0, 0, kTile, kTile}, torch::full({1, kTile, kTile}, 2.0F));
  blender.add({0, 3, kTile, kTile}, torch::full({1, kTile, kTile}, 5.0F));
  const torch::Tensor row = blender.finish_rows(3)[0][1];
  const torch::Tensor left = window.narrow(0, 3, 3);
  const torch::Tensor right = window.narrow(0, 0, 3);
  EXPECT_TRUE(torch::allclose(row.narrow(0, 3, 3), (2 * left + 5 * right) / (left + right), 1e-6, 1e-6));
  EXPECT_TRUE(torch::equal(row.narrow(0, 0, 3), torch::full({3}, 2.0F)));
  EXPECT_TRUE(torch::equal(row.narrow(0, 6, 3), torch::full({3}, 5.0F)));
}

TEST(BlendAccumulatorTest, EqualValuesStayThemselvesBitForBit) {
  const torch::Tensor window = blend_window("spline", kTile);
  for (const float value : {0.1F, 1.0F / 3, 0.7F, 1e-30F, 1.0F, -12345.678F}) {
    BlendAccumulator blender({0, 0, kTile, 40}, 2, window, 1, 0);
    for (std::int64_t column = -5; column < 40; ++column) {
      blender.add({0, column, kTile, kTile}, torch::full({2, kTile, kTile}, value));
    }
    EXPECT_TRUE(torch::equal(blender.finish_rows(1), torch::full({2, 1, 40}, value))) << value;
  }
}

TEST(BlendAccumulatorTest, PixelsWithoutATileAreZero) {
  BlendAccumulator blender({0, 0, 12, 12}, 1, blend_window("hann", kTile), kTile, 0);
  blender.add({0, 6, kTile, kTile}, torch::ones({1, kTile, kTile}));
  const torch::Tensor first = blender.finish_rows(6).clone();
  EXPECT_EQ(first.sum().item<float>(), 36.0F);
  EXPECT_EQ(first[0][0][5].item<float>(), 0.0F);
  EXPECT_EQ(blender.finish_rows(12).abs().sum().item<float>(), 0.0F);
}

TEST(BlendAccumulatorTest, AnAreaInsideTheRasterGetsTheSameBytesAsTheWhole) {
  const torch::Tensor window = blend_window("spline", kTile);
  BlendAccumulator whole({0, 0, 6, 20}, 1, window, 3, 0);
  BlendAccumulator part({0, 7, 6, 6}, 1, window, 3, 0);
  for (std::int64_t column = -3; column < 20; column += 3) {
    const torch::Tensor values = torch::rand({1, kTile, kTile});
    whole.add({0, column, kTile, kTile}, values);
    part.add({0, column, kTile, kTile}, values);
  }
  EXPECT_TRUE(torch::equal(whole.finish_rows(3).narrow(2, 7, 6), part.finish_rows(3)));
}

TEST(BlendAccumulatorTest, ATileOverFinishedRowsIsAnError) {
  BlendAccumulator blender({0, 0, 12, 6}, 1, blend_window("hann", kTile), 3, 0);
  blender.add({0, 0, kTile, kTile}, torch::ones({1, kTile, kTile}));
  blender.finish_rows(3);
  EXPECT_THROW(blender.add({0, 0, kTile, kTile}, torch::ones({1, kTile, kTile})), std::logic_error);
}

}  // namespace
}  // namespace nadir
