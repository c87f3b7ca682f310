// Spectral indices against the numbers that their formulas give by hand.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "nadir/raster.h"
#include "raster/small_rasters.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

double value_of(const std::string& name, std::vector<float> pixel) {
  const auto bands = static_cast<std::int64_t>(pixel.size());
  return compute_spectral_index(find_spectral_index(name), at::tensor(pixel).reshape({bands, 1, 1}))
      .item<double>();
}

// The digits are those of the formulas in the papers, evaluated by hand.
TEST(SpectralIndex, GivesKnownAnswers) {
  EXPECT_FLOAT_EQ(value_of("ndvi", {0.5F, 0.1F}), 2.0F / 3);
  EXPECT_FLOAT_EQ(value_of("ndwi", {0.1F, 0.3F}), -0.5F);
  EXPECT_FLOAT_EQ(value_of("mndwi", {60, 20}), 0.5F);
  EXPECT_FLOAT_EQ(value_of("ndbi", {0.3F, 0.1F}), 0.5F);
  EXPECT_FLOAT_EQ(value_of("ndmi", {0.3F, 0.1F}), 0.5F);
  EXPECT_FLOAT_EQ(value_of("nbr", {0.1F, 0.4F}), -0.6F);
  EXPECT_FLOAT_EQ(value_of("ndsi", {0.9F, 0.1F}), 0.8F);
  EXPECT_NEAR(value_of("evi", {0.5F, 0.1F, 0.04F}), 2.5 * 0.4 / 1.8, 1e-6);
  EXPECT_NEAR(value_of("savi", {0.5F, 0.1F}), 1.5 * 0.4 / 1.1, 1e-6);
  EXPECT_NEAR(value_of("awei_nsh", {0.3F, 0.1F, 0.2F, 0.04F}), 4 * 0.2 - (0.05 + 0.11), 1e-6);
  EXPECT_NEAR(value_of("awei_sh", {0.1F, 0.2F, 0.08F, 0.04F, 0.02F}), 0.1 + 0.5 - 0.18 - 0.005, 1e-6);
}

TEST(SpectralIndex, IsNanWhereItDividesByZero) {
  EXPECT_TRUE(std::isnan(value_of("ndvi", {0, 0})));
  EXPECT_TRUE(std::isnan(value_of("mndwi", {0.25F, -0.25F})));
  EXPECT_TRUE(std::isnan(value_of("savi", {-0.25F, -0.25F})));
  EXPECT_EQ(value_of("ndvi", {0, 1}), -1);
}

class EveryIndex : public ::testing::TestWithParam<SpectralIndex> {};

TEST_P(EveryIndex, IsDescribedAndKeepsTheShape) {
  const SpectralIndex& index = GetParam();
  for (const std::string& role : index.bands) EXPECT_TRUE(contains(index.formula, role)) << role;
  EXPECT_FALSE(index.source.empty());
  const auto count = static_cast<std::int64_t>(index.bands.size());
  const at::Tensor result = compute_spectral_index(index, at::rand({count, 3, 5}));
  EXPECT_EQ(result.sizes(), at::IntArrayRef({3, 5}));
  EXPECT_EQ(result.scalar_type(), at::kFloat);
  EXPECT_THROW(compute_spectral_index(index, at::rand({count + 1, 3, 5})), std::logic_error);
  EXPECT_THROW(compute_spectral_index(index, at::zeros({count, 3, 5}, at::kByte)), std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(Indices, EveryIndex, ::testing::ValuesIn(spectral_indices()),
                         [](const auto& each) { return each.param.name; });

TEST(SpectralIndex, OffersTheNearestNameForAnUnknownOne) {
  const std::string message = message_of<ConfigError>([] { find_spectral_index("mdnwi"); });
  EXPECT_TRUE(contains(message, "mdnwi"));
  EXPECT_TRUE(contains(message, "mndwi"));
}

}  // namespace
}  // namespace nadir
