#include <gtest/gtest.h>

#include "data/resize.h"
#include "data/transforms/gaussian_blur.h"
#include "data/transforms/grid_distortion.h"
#include "data/transforms/optical_distortion.h"
#include "data/transforms/random_resized_crop.h"
#include "data/transforms/rotate.h"
#include "data/transforms/shift_scale_rotate.h"
#include "data_test/messages.h"

namespace nadir {
namespace {

Sample numbered(std::int64_t height, std::int64_t width, torch::ScalarType type = torch::kFloat32) {
  const torch::Tensor numbers = torch::arange(height * width).view({height, width});
  return {numbers.unsqueeze(0).to(type), numbers.remainder(200).to(torch::kUInt8), {}, "s"};
}

TEST(WarpTest, AQuarterTurnIsExactWhateverTheInterpolation) {
  for (const char* method : {"nearest", "bilinear", "cubic", "lanczos4"}) {
    const Sample turned = rotate_by(numbered(8, 8), 90, {.interpolation = method});
    EXPECT_TRUE(turned.image[0].allclose(numbered(8, 8).image[0].rot90(1), 0, 1e-4)) << method;
    EXPECT_TRUE(turned.target.equal(numbered(8, 8).target.rot90(1))) << method;
  }
}

TEST(WarpTest, ScaleAndShiftGoWhereTheySay) {
  const Sample moved =
      shift_scale_rotate_by(numbered(8, 8), {.columns = 0.25, .rows = 0}, {.border = "ignore"});
  EXPECT_TRUE(moved.image[0].narrow(1, 2, 6).equal(numbered(8, 8).image[0].narrow(1, 0, 6)));
  EXPECT_TRUE(moved.target.narrow(1, 0, 2).eq(kIgnore).all().item<bool>());
  EXPECT_FALSE(moved.valid.narrow(1, 0, 2).any().item<bool>());
  EXPECT_TRUE(moved.valid.narrow(1, 2, 6).all().item<bool>());
  const Sample small = shift_scale_rotate_by(numbered(9, 9), {.factor = 0.5}, {.interpolation = "nearest"});
  EXPECT_EQ(small.image[0][4][5].item<float>(), numbered(9, 9).image[0][4][6].item<float>());
}

TEST(WarpTest, MirroredBordersCarryTheirLabels) {
  const Sample moved =
      shift_scale_rotate_by(numbered(6, 6), {.columns = 1 / 3.0}, {.interpolation = "nearest"});
  EXPECT_FALSE(moved.valid.defined());
  EXPECT_EQ(moved.image[0][0][0].item<float>(), 2);  // reflect_101: 2 1 | 0 1 2
  EXPECT_EQ(moved.target[0][0].item<int>(), 2);
  EXPECT_EQ(moved.target[0][1].item<int>(), 1);
}

TEST(WarpTest, PixelsAreValidWhereAllTheyWereMadeOfWas) {
  Sample sample = numbered(7, 7);
  sample.valid = torch::ones({7, 7}, torch::kBool);
  sample.valid[3][3] = false;
  const auto invalid = [&](const char* method) {
    const Sample moved = shift_scale_rotate_by(sample, {.columns = 0.5 / 7}, {.interpolation = method});
    EXPECT_TRUE(moved.target.eq(kIgnore).equal(moved.valid.logical_not())) << method;
    return moved.valid.logical_not().sum().item<int>();
  };
  EXPECT_EQ(invalid("nearest"), 1);
  EXPECT_EQ(invalid("bilinear"), 2);   // half a pixel lies between two
  EXPECT_EQ(invalid("cubic"), 4 * 3);  // its neighbours along both axes
}

TEST(WarpTest, RightFlavoursChangeNothingWhereNothingIsDrawn) {
  const Sample sample = numbered(17, 23);
  const auto columns = grid_positions(23, std::vector<double>(6, 1.0), "continuous");
  const auto rows = grid_positions(17, std::vector<double>(6, 1.0), "continuous");
  EXPECT_TRUE(distort_grid(sample, columns, rows, {}).image.equal(sample.image));
  EXPECT_TRUE(distort_radially(sample, 0, {}).image.equal(sample.image));
  // The published one moves everything by half a pixel.
  EXPECT_FALSE(distort_radially(sample, 0, {.flavour = "albumentations"}).image.equal(sample.image));
}

TEST(WarpTest, GridPositionsRiseAndEndInTheSample) {
  for (const std::int64_t size : {1, 2, 5, 16, 101}) {
    std::vector<double> factors;
    for (std::int64_t i = 0; i <= std::min<std::int64_t>(5, size); ++i) factors.push_back(i % 2 ? 0.7 : 1.3);
    const auto positions = grid_positions(size, factors, "continuous");
    ASSERT_EQ(positions.size(), static_cast<std::size_t>(size));
    EXPECT_TRUE(std::is_sorted(positions.begin(), positions.end()));
    EXPECT_EQ(positions.front(), 0);
    EXPECT_NEAR(positions.back(), static_cast<float>(size - 1), 1e-4);
  }
}

TEST(WarpTest, SamplesTooLargeForAWarpAreNamed) {
  const Sample strip{torch::zeros({1, 1, 40000}, torch::kUInt8), {}, {}, "strip.tif"};
  EXPECT_TRUE(has(message_of<DataError>([&] { rotate_by(strip, 1, {}); }), {"strip.tif", "40000", "32766"}));
}

TEST(RandomResizedCropTest, KeepsTheSizeAndTakesPartsOfTheWantedArea) {
  const auto transform =
      make_random_resized_crop({.area = {0.25, 0.25}, .ratio = {1, 1}, .interpolation = "nearest"});
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    RandomStream random(seed);
    const Sample part = transform->apply(numbered(8, 8), random);
    EXPECT_EQ(part.image.sizes(), (std::vector<std::int64_t>{1, 8, 8}));
    EXPECT_TRUE(part.target.equal(part.image[0].to(torch::kUInt8)));
    const double first = part.image[0][0][0].item<double>();
    EXPECT_EQ(part.image[0][7][7].item<double>(), first + 3 * 8 + 3);  // 4 x 4 pixels, doubled
  }
}

TEST(RandomResizedCropTest, FallsBackToTheMiddleAndChecksItsIntervals) {
  RandomStream random(1);
  const Sample part =
      make_random_resized_crop({.area = {1, 1}, .ratio = {1, 1}, .size = 4, .interpolation = "nearest"})
          ->apply(numbered(4, 10), random);
  EXPECT_TRUE(part.image[0].equal(numbered(4, 10).image[0].narrow(1, 3, 4)));
  const auto make = [](const char* yaml) {
    return message_of<ConfigError>(
        [&] { transforms().make("random_resized_crop", parse_yaml(yaml, "r.yaml")); });
  };
  EXPECT_TRUE(has(make("{area: [0.5, 0.2]}"), {"r.yaml", "area", "the lower first"}));
  EXPECT_TRUE(has(make("{ratio: 1}"), {"ratio", "two values"}));
}

TEST(GaussianBlurTest, SpreadsAPointByTheGaussianAndKeepsTheMean) {
  Sample sample{torch::zeros({1, 21, 21}), {}, {}, "s"};
  sample.image[0][10][10] = 1;
  const torch::Tensor spread = blur(sample, 1.5).image[0];
  EXPECT_NEAR(spread.sum().item<double>(), 1, 1e-5);
  const double ratio = spread[10][11].item<double>() / spread[10][10].item<double>();
  EXPECT_NEAR(ratio, std::exp(-1 / (2 * 1.5 * 1.5)), 1e-4);
}

TEST(GaussianBlurTest, ValidPixelsAreBlurredAmongThemselves) {
  Sample sample{torch::full({1, 9, 9}, 40.0).to(torch::kUInt16), {}, torch::ones({9, 9}, torch::kBool), "s"};
  sample.valid[4][4] = false;
  const Sample blurred = blur(sample, 2);
  EXPECT_TRUE(blurred.image[0].to(torch::kInt32).masked_select(blurred.valid).eq(40).all().item<bool>());
}

}  // namespace
}  // namespace nadir
