#include <gtest/gtest.h>
#include <torch/torch.h>

#include "golden.h"
#include "nadir/predict.h"

namespace nadir {
namespace {

std::vector<double> window_of(const std::string& name, std::int64_t tile) {
  const torch::Tensor window = blend_window(name, tile).to(torch::kFloat64);
  return {window.data_ptr<double>(), window.data_ptr<double>() + tile};
}

void expect_near_relative(double value, double expected) {
  EXPECT_NEAR(value, expected, 1e-6 * std::abs(expected));
}

// tests/data/goldens/blend.json: scipy's triang and the formula that study 004 cites.
TEST(BlendWindowTest, SplineEqualsTheGoldens) {
  const nlohmann::json golden = golden::read(golden::folder() / "blend.json");
  std::vector<nlohmann::json> cases = golden["windows 1-D"];
  for (const nlohmann::json& other : golden["other sizes"]["cases"]) cases.push_back(other);
  for (const nlohmann::json& each : cases) {
    const std::vector<double> window = window_of("spline", each["size"].get<std::int64_t>());
    const auto expected = each["window"].get<std::vector<double>>();
    ASSERT_EQ(window.size(), expected.size());
    for (std::size_t i = 0; i < window.size(); ++i) expect_near_relative(window[i], expected[i]);
  }
}

TEST(BlendWindowTest, TwoDimensionalWeightsEqualTheGoldens) {
  const nlohmann::json golden = golden::read(golden::folder() / "blend.json");
  for (const nlohmann::json& each : golden["windows 2-D"]) {
    const auto size = each["size"].get<std::int64_t>();
    const torch::Tensor line = blend_window("spline", size).to(torch::kFloat64);
    const torch::Tensor weights = torch::outer(line, line);
    expect_near_relative(weights.sum().item<double>(), each["sum"].get<double>());
    expect_near_relative(weights.norm().item<double>(), each["l2"].get<double>());
    for (const nlohmann::json& sample : each["samples"]) {
      expect_near_relative(weights.flatten()[sample[0].get<std::int64_t>()].item<double>(),
                           sample[1].get<double>());
    }
  }
}

TEST(BlendWindowTest, EveryWindowIsSymmetricAndAboveZeroAtEverySize) {
  for (const char* const name : {"none", "linear", "hann", "spline"}) {
    for (const std::int64_t tile : {1, 2, 3, 4, 5, 7, 8, 63, 64, 4096}) {
      const torch::Tensor window = blend_window(name, tile);
      EXPECT_TRUE(torch::equal(window, window.flip(0))) << name << ' ' << tile;
      EXPECT_GT(torch::outer(window, window).min().item<float>(), 0.0F) << name << ' ' << tile;
    }
  }
}

TEST(BlendWindowTest, LinearAndHannAreSampledAtPixelCentres) {
  EXPECT_EQ(window_of("linear", 4), (std::vector<double>{0.25, 0.75, 0.75, 0.25}));
  const double low = std::pow(std::sin(M_PI / 8), 2);
  EXPECT_NEAR(window_of("hann", 4)[0], low, 1e-7);
  EXPECT_NEAR(window_of("hann", 4)[1], 1 - low, 1e-7);
  EXPECT_EQ(window_of("none", 2), (std::vector<double>{1, 1}));
}

TEST(BlendWindowTest, AnUnknownNameGetsTheNearestAndAllThatExist) {
  try {
    blend_window("splin", 8);
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(),
                 "window 'splin' is unknown; did you mean spline? Known: none, linear, hann, spline");
  }
  EXPECT_THROW(blend_window("spline", 0), ConfigError);
}

}  // namespace
}  // namespace nadir
