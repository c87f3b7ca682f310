// Known answers: OpenCV 4.14, INTER_LINEAR (resize.json).
#include "pictures/bilinear.h"

#include <gtest/gtest.h>

#include "pictures/golden_pictures.h"

namespace nadir {
namespace {

nlohmann::json goldens() { return golden::read(golden::folder() / "resize.json"); }

void expect_pixels(const torch::Tensor& result, const nlohmann::json& expected) {
  if (expected.is_array()) {
    const std::vector<int> values = expected;
    EXPECT_TRUE(result.flatten().equal(torch::tensor(values).to(torch::kUInt8))) << result;
    return;
  }
  const torch::Tensor flat = result.flatten();
  if (expected.contains("sum"))
    EXPECT_EQ(flat.sum().item<std::int64_t>(), expected["sum"].get<std::int64_t>());
  if (expected.contains("sum per channel")) {
    const auto sums = result.sum({0, 1});
    EXPECT_TRUE(sums.equal(torch::tensor(expected["sum per channel"].get<std::vector<std::int64_t>>())))
        << sums;
  }
  if (expected.contains("fnv1a")) EXPECT_EQ(golden::fnv1a_text(result), expected["fnv1a"].get<std::string>());
  for (const auto& [at, value] : expected.value("samples", std::vector<std::pair<std::int64_t, int>>{})) {
    EXPECT_EQ(flat[at].item<int>(), value) << at;
  }
}

TEST(BilinearTest, EqualsOpenCvsBilinearBitForBit) {
  const nlohmann::json whole = goldens();
  const torch::Tensor gray = golden::bytes("resize.gray", {13, 18, 1});
  const torch::Tensor rgb = golden::bytes("resize.rgb", {13, 18, 3});
  int compared = 0;
  for (const auto& one : whole["resize"]) {
    if (one["method"] != "bilinear") continue;
    const std::int64_t height = one["to"][0], width = one["to"][1];
    SCOPED_TRACE(one["to"].dump());
    expect_pixels(resize_bilinear(gray, height, width)[0], one["uint8"]);
    if (one.contains("rgb uint8")) {
      expect_pixels(resize_bilinear(rgb, height, width).permute({1, 2, 0}), one["rgb uint8"]);
    }
    ++compared;
  }
  EXPECT_GE(compared, 2);
}

TEST(BilinearTest, HalfTheSizeIsTheMeanOfFour) {
  const torch::Tensor picture =
      torch::tensor({1, 2, 3, 4, 250, 251, 252, 255}).to(torch::kUInt8).view({2, 4, 1});
  // (1 + 2 + 250 + 251 + 2) >> 2 and (3 + 4 + 252 + 255 + 2) >> 2
  EXPECT_TRUE(resize_bilinear(picture, 1, 2).flatten().equal(torch::tensor({126, 129}).to(torch::kUInt8)));
}

TEST(BilinearTest, StandardisationOfStudy001HasItsMeanAndDeviation) {
  const nlohmann::json golden = goldens()["standardise_seed001"];
  const torch::Tensor picture = golden::bytes("resize.standardise", {35, 52, 1});
  const torch::Tensor image = resize_bilinear(picture, 16, 24).to(torch::kFloat64);
  EXPECT_NEAR(image.mean().item<double>(), golden["mean"], 1e-9);
  EXPECT_NEAR(image.std(false).item<double>(), golden["std"], 1e-7);
}

}  // namespace
}  // namespace nadir
