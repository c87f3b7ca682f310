#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nadir/data.h"
#include "nadir/error.h"

namespace nadir {
namespace {

Normalization two_bands() {
  return {.scale = "min_max", .offset = {10, 0}, .range = {100, 50}, .mean = {0.5, 0.25}, .std = {0.5, 2}};
}

TEST(Normalizer, ScalesAndStandardisesEachBand) {
  const torch::Tensor image = torch::tensor({60, 110, 50, 25}, torch::kUInt8).reshape({1, 2, 1, 2});
  const torch::Tensor input = Normalizer{two_bands()}(image);
  EXPECT_EQ(input.scalar_type(), torch::kFloat32);
  const torch::Tensor expected = torch::tensor({0.0F, 1.0F, 0.375F, 0.125F}).reshape({1, 2, 1, 2});
  EXPECT_TRUE(input.allclose(expected, 1e-6, 1e-6)) << input;
}

TEST(Normalizer, TakesEveryTypeThatRastersHave) {
  const Normalizer normalizer({"none", {0}, {1}, {1}, {2}});
  for (const auto type : {torch::kUInt8, torch::kUInt16, torch::kInt16, torch::kFloat32, torch::kFloat64}) {
    EXPECT_EQ(normalizer(torch::full({1, 1, 1, 1}, 9).to(type)).item<float>(), 4) << type;
  }
}

TEST(Normalizer, MakesInvalidPixelsAndOnesThatAreNotFiniteTheMean) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const torch::Tensor image = torch::tensor({nan, inf, 7.0F, 7.0F}).reshape({1, 1, 2, 2});
  const torch::Tensor valid = torch::tensor({true, true, false, true}).reshape({1, 2, 2});
  const torch::Tensor input = Normalizer({"none", {0}, {1}, {0}, {1}})(image, valid);
  EXPECT_TRUE(input.equal(torch::tensor({0.0F, 0.0F, 0.0F, 7.0F}).reshape({1, 1, 2, 2})));
}

// Study 001: each image by its own mean and population standard deviation.
TEST(Normalizer, PerImageStandardisesEachBandOfEachImage) {
  const Normalizer normalizer({"per_image", {0, 0}, {1, 1}, {0, 0}, {1, 1}});
  const torch::Tensor images = torch::randint(0, 256, {3, 2, 5, 7}, torch::kUInt8);
  const torch::Tensor raw = images.to(torch::kFloat64);
  const torch::Tensor expected =
      (raw - raw.mean({2, 3}, true)) / torch::std(raw, {2, 3}, /*unbiased=*/false, /*keepdim=*/true);
  EXPECT_TRUE(normalizer(images).to(torch::kFloat64).allclose(expected, 0, 1e-5));
}

TEST(Normalizer, PerImageCountsValidPixelsAloneAndGivesZerosForAConstantImage) {
  const Normalizer normalizer({"per_image", {0}, {1}, {0}, {1}});
  const torch::Tensor image = torch::tensor({1, 3, 200, 5}, torch::kUInt8).reshape({1, 1, 2, 2});
  const torch::Tensor valid = torch::tensor({true, true, false, true}).reshape({1, 2, 2});
  const float deviation = std::sqrt(8.0F / 3.0F);  // of 1, 3, 5
  const torch::Tensor expected =
      torch::tensor({-2 / deviation, 0.0F, 0.0F, 2 / deviation}).reshape({1, 1, 2, 2});
  EXPECT_TRUE(normalizer(image, valid).allclose(expected, 0, 1e-6));
  EXPECT_TRUE(normalizer(torch::full({1, 1, 2, 2}, 9, torch::kUInt8)).eq(0).all().item<bool>());
}

TEST(Normalizer, RefusesImagesWithOtherBands) {
  const Normalizer normalizer{two_bands()};
  EXPECT_THROW(normalizer(torch::zeros({1, 3, 2, 2})), ModelError);
}

TEST(Normalizer, RefusesARangeOrDeviationOfZero) {
  Normalization flat = two_bands();
  flat.std[1] = 0;
  EXPECT_THROW(Normalizer{flat}, ModelError);
  Normalization uneven = two_bands();
  uneven.mean.pop_back();
  EXPECT_THROW(Normalizer{uneven}, ModelError);
}

}  // namespace
}  // namespace nadir
