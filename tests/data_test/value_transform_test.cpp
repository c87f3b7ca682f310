#include <gtest/gtest.h>

#include "data/transforms/coarse_dropout.h"
#include "data/transforms/crop_foreground.h"
#include "data/transforms/gamma.h"
#include "data/transforms/gaussian_noise.h"
#include "data/transforms/hue_saturation.h"
#include "data/transforms/one_of.h"
#include "data_test/messages.h"

namespace nadir {
namespace {

Sample plain(torch::Tensor image) { return {std::move(image), {}, {}, "s"}; }

torch::Tensor colour(double red, double green, double blue) {
  return torch::tensor({red, green, blue}, torch::kFloat32).view({3, 1, 1});
}

TEST(GammaTest, FollowsItsFormulaInTheImagesRange) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    RandomStream random(seed), same(seed), again(seed);
    same.chance(1);
    const double exponent = std::exp(same.uniform(-std::log(1.5), std::log(1.5)));
    const torch::Tensor bytes = torch::tensor({0, 51, 255}).to(torch::kUInt8).view({1, 1, 3});
    const torch::Tensor bent = make_gamma({.limit = 0.5})->apply(plain(bytes), random).image.flatten();
    EXPECT_EQ(bent[0].item<int>(), 0);
    EXPECT_EQ(bent[1].item<int>(), std::lround(255 * std::pow(0.2, exponent)));
    EXPECT_EQ(bent[2].item<int>(), 255);
    // 16-bit values between the sample's own ends, which stay.
    const torch::Tensor wide = torch::tensor({1000, 2000, 6000}).to(torch::kInt16).view({1, 1, 3});
    const torch::Tensor own = make_gamma({.limit = 0.5})->apply(plain(wide), again).image.flatten();
    EXPECT_EQ(own[0].item<int>(), 1000);
    EXPECT_EQ(own[1].item<int>(), std::lround(1000 + 5000 * std::pow(0.2, exponent)));
    EXPECT_EQ(own[2].item<int>(), 6000);
  }
}

TEST(GammaTest, TakesARangeThatIsGiven) {
  RandomStream random(3), same(3);
  same.chance(1);
  const double exponent = std::exp(same.uniform(-std::log(1.25), std::log(1.25)));
  const torch::Tensor bent =
      make_gamma({.range = {0, 10000}})->apply(plain(torch::full({1, 1, 1}, 2500.0)), random).image;
  EXPECT_NEAR(bent.item<double>(), 10000 * std::pow(0.25, exponent), 1e-2);
  EXPECT_TRUE(has(
      message_of<ConfigError>([] { transforms().make("gamma", parse_yaml("{range: [5, 5]}", "a.yaml")); }),
      {"a.yaml", "'range'", "[5, 5]"}));
}

TEST(HueSaturationTest, TurnsPureColoursOnTheCircle) {
  HueSaturationConfig config{.hue = 60, .saturation = 0, .value = 0};
  const auto transform = make_hue_saturation(config);
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    RandomStream random(seed), same(seed);
    same.chance(1);
    const double turn = same.uniform(-60, 60) / 60;
    const torch::Tensor turned = transform->apply(plain(colour(3000, 0, 0)), random).image.flatten();
    EXPECT_NEAR(turned[0].item<double>(), 3000, 1e-2);  // red stays the largest up to 60 degrees
    EXPECT_NEAR(turned[1].item<double>(), 3000 * std::max(0.0, turn), 1e-2);
    EXPECT_NEAR(turned[2].item<double>(), 3000 * std::max(0.0, -turn), 1e-2);
  }
}

TEST(HueSaturationTest, GreyStaysGreyAndNothingChangesWithoutLimits) {
  RandomStream random(1);
  const auto strong = make_hue_saturation({.hue = 180, .saturation = 1, .value = 0});
  EXPECT_TRUE(strong->apply(plain(colour(7, 7, 7)), random).image.equal(colour(7, 7, 7)));
  const auto nothing = make_hue_saturation({.hue = 0, .saturation = 0, .value = 0});
  at::manual_seed(2);
  const torch::Tensor image = torch::rand({3, 8, 8}) * 5000;
  EXPECT_TRUE(nothing->apply(plain(image), random).image.allclose(image, 1e-5, 1e-3));
}

TEST(HueSaturationTest, ValueIsTheLargestBandAndSaturationTheDistanceFromGrey) {
  const HueSaturationConfig config{.hue = 0, .saturation = 0.5, .value = 0.5};
  RandomStream random(4), same(4);
  same.chance(1);
  same.uniform();
  const double s = 1 + same.uniform(-0.5, 0.5), v = 1 + same.uniform(-0.5, 0.5);
  const torch::Tensor changed =
      make_hue_saturation(config)->apply(plain(colour(200, 120, 100)), random).image.flatten();
  EXPECT_NEAR(changed[0].item<double>(), 200 * v, 1e-3);
  EXPECT_NEAR(changed[2].item<double>(), 200 * v * (1 - 0.5 * s), 1e-3);
}

TEST(GaussianNoiseTest, HasTheDrawnDeviationAndNoMean) {
  const auto transform = make_gaussian_noise({.std = 0.1, .range = {0, 1000}, .probability = 1});
  RandomStream random(7), same(7);
  same.chance(1);
  const double deviation = 1000 * same.uniform(0, 0.1);
  const torch::Tensor noise = transform->apply(plain(torch::zeros({2, 100, 100})), random).image;
  // 20,000 values: the mean's own deviation is deviation / 141, the deviation's deviation / 200.
  EXPECT_NEAR(noise.mean().item<double>(), 0, deviation / 35);
  EXPECT_NEAR(noise.std().item<double>(), deviation, deviation / 50);
  EXPECT_FALSE(noise[0].equal(noise[1]));
}

TEST(CoarseDropoutTest, CoversWithTheMeanAndIgnoresOnlyWhenAsked) {
  for (const char* target : {"keep", "ignore"}) {
    const auto transform = make_coarse_dropout(
        {.holes = 1, .smallest = 0.5, .largest = 0.5, .target = target, .probability = 1});
    Sample sample = plain(torch::arange(64).view({1, 8, 8}).to(torch::kUInt16));
    sample.target = torch::zeros({8, 8}, torch::kUInt8);
    RandomStream random(5);
    const Sample covered = transform->apply(sample, random);
    const torch::Tensor hole = covered.image[0].to(torch::kInt32).ne(torch::arange(64).view({8, 8}));
    EXPECT_GE(hole.sum().item<int>(), 15);  // 4 x 4, one of which may hold the mean itself
    EXPECT_TRUE(covered.image[0].to(torch::kInt32).masked_select(hole).eq(32).all().item<bool>());
    EXPECT_EQ(covered.target.eq(kIgnore).sum().item<int>(), std::string(target) == "ignore" ? 16 : 0);
    EXPECT_EQ(sample.target.sum().item<int>(), 0);
  }
}

TEST(CropForegroundTest, EveryCropHoldsForegroundAndAllPlacesAreDrawn) {
  Sample sample = plain(torch::arange(100).view({1, 10, 10}).to(torch::kInt16));
  sample.target = torch::zeros({10, 10}, torch::kUInt8);
  sample.target[2][7] = 1;
  sample.target[9][9] = kIgnore;
  std::set<int> places;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    RandomStream random(seed);
    const Sample part = make_crop_foreground({.size = 3})->apply(sample, random);
    EXPECT_TRUE(part.target.eq(1).any().item<bool>());
    EXPECT_EQ(part.image.sizes(), (std::vector<std::int64_t>{1, 3, 3}));
    places.insert(part.image[0][0][0].item<int>());
  }
  EXPECT_EQ(places.size(), 9U);  // rows 0 to 2 times columns 5 to 7
}

TEST(CropForegroundTest, WithoutForegroundAnyPlaceGoesAndSmallSamplesAreNamed) {
  std::set<int> places;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    RandomStream random(seed);
    Sample sample = plain(torch::arange(16).view({1, 4, 4}));
    sample.target = torch::zeros({4, 4}, torch::kUInt8);
    sample.image = sample.image.to(torch::kUInt8);
    places.insert(make_crop_foreground({.size = 3})->apply(sample, random).image[0][0][0].item<int>());
  }
  EXPECT_EQ(places, (std::set<int>{0, 1, 4, 5}));
  RandomStream random(1);
  EXPECT_TRUE(has(message_of<ConfigError>([&] {
                    make_crop_foreground({.size = 9})->apply(plain(torch::zeros({1, 8, 20})), random);
                  }),
                  {"crop_foreground.size is 9", "s has 8 x 20"}));
}

TEST(OneOfTest, DrawsEachOfItsTransforms) {
  const auto transform = transforms().make(
      "one_of",
      parse_yaml("{of: [{flip: {horizontal: 1, vertical: 0}}, {flip: {horizontal: 0, vertical: 1}}]}", "t"));
  std::set<int> corners;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    RandomStream random(seed);
    corners.insert(transform->apply(plain(torch::arange(4).view({1, 2, 2}).to(torch::kInt16)), random)
                       .image[0][0][0]
                       .item<int>());
  }
  EXPECT_EQ(corners, (std::set<int>{1, 2}));
  EXPECT_THROW(transforms().make("one_of", {}), ConfigError);
}

}  // namespace
}  // namespace nadir
