// Known answers: Pillow 13 (resize.json).
#include "pictures/resample.h"

#include <gtest/gtest.h>

#include "pictures/golden_pictures.h"

namespace nadir {
namespace {

const nlohmann::json& pillow() {
  static const nlohmann::json whole = golden::read(golden::folder() / "resize.json");
  return whole["pillow"];
}

ResampleFilter filter_of(const std::string& name) {
  return name == "box"        ? ResampleFilter::kBox
         : name == "bilinear" ? ResampleFilter::kBilinear
         : name == "bicubic"  ? ResampleFilter::kBicubic
                              : ResampleFilter::kLanczos;
}

torch::Tensor resized(const torch::Tensor& picture, std::int64_t height, std::int64_t width,
                      const std::string& filter) {
  if (filter == "nearest") return resize_nearest(picture.permute({2, 0, 1}), height, width);
  return Resampler({picture.size(0), picture.size(1)}, {height, width}, filter_of(filter))(picture);
}

TEST(ResampleTest, EqualsPillowBitForBit) {
  const torch::Tensor picture = golden::bytes("resize.pillow", {16, 24, 3});
  ASSERT_EQ(pillow()["cases"].size(), 15U);
  for (const auto& one : pillow()["cases"]) {
    const torch::Tensor result = resized(picture, one["to"][0], one["to"][1], one["filter"]);
    EXPECT_EQ(golden::fnv1a_text(result.permute({1, 2, 0})), one["fnv1a"].get<std::string>())
        << one["filter"] << " to " << one["to"];
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      EXPECT_EQ(result[channel].sum().item<std::int64_t>(),
                one["sum per channel"][static_cast<std::size_t>(channel)]);
    }
  }
}

// The definition, pixel by pixel, without the transposes and the registers.
torch::Tensor resample_plainly(const torch::Tensor& planes, const ResampleWeights& weights) {
  torch::Tensor result = torch::empty({planes.size(0), planes.size(1), weights.to()}, torch::kUInt8);
  const auto from = planes.accessor<std::uint8_t, 3>();
  auto to = result.accessor<std::uint8_t, 3>();
  for (std::int64_t c = 0; c < planes.size(0); ++c) {
    for (std::int64_t y = 0; y < planes.size(1); ++y) {
      for (std::int64_t x = 0; x < weights.to(); ++x) {
        const auto i = static_cast<std::size_t>(x);
        std::int32_t sum = 1 << 21;
        for (std::int64_t k = 0; k < weights.count(i); ++k)
          sum += from[c][y][weights.first(i) + k] * weights.weights(i)[k];
        to[c][y][x] = static_cast<std::uint8_t>(std::clamp(sum >> 22, 0, 255));
      }
    }
  }
  return result;
}

TEST(ResampleTest, OddSizesAndChannelsFollowTheDefinition) {
  struct Case {
    std::int64_t height, width, channels, to_height, to_width;
  };
  for (const Case& each : {Case{1, 1, 1, 5, 3}, Case{37, 53, 1, 16, 16}, Case{256, 512, 3, 128, 256},
                           Case{17, 16, 4, 17, 9}, Case{31, 100, 2, 7, 100}, Case{5, 3, 3, 1, 1}}) {
    const torch::Tensor picture = golden::bytes("resample", {each.height, each.width, each.channels});
    for (const ResampleFilter filter : {ResampleFilter::kBicubic, ResampleFilter::kLanczos}) {
      torch::Tensor expected = picture.permute({2, 0, 1}).contiguous();
      if (each.width != each.to_width)
        expected = resample_plainly(expected, {each.width, each.to_width, filter});
      if (each.height != each.to_height) {
        const torch::Tensor turned = expected.transpose(1, 2).contiguous();
        expected = resample_plainly(turned, {each.height, each.to_height, filter}).transpose(1, 2);
      }
      const Resampler resampler({each.height, each.width}, {each.to_height, each.to_width}, filter);
      EXPECT_TRUE(resampler(picture).equal(expected)) << each.height << " x " << each.width;
    }
  }
}

TEST(ResampleTest, NearestTakesThePixelUnderTheCentre) {
  // OpenCV 4.6's INTER_NEAREST_EXACT takes 0, 2, 4 ... here (contradictions of the references).
  EXPECT_EQ(nearest_indices(18, 9), (std::vector<std::int64_t>{1, 3, 5, 7, 9, 11, 13, 15, 17}));
  EXPECT_EQ(nearest_indices(2, 5), (std::vector<std::int64_t>{0, 0, 1, 1, 1}));
  EXPECT_EQ(nearest_indices(7, 7), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(ResampleTest, NearestEqualsOpenCvsExactNearestOnLabels) {
  const auto whole = golden::read(golden::folder() / "resize.json");
  const auto& map = whole["label_map"];
  const torch::Tensor labels = golden::bytes(map["input"]["name"], {13, 18}, 6);
  const torch::Tensor result = resize_nearest(labels, 7, 9);
  const std::vector<int> expected = map["nearest_exact (seed 004)"];
  EXPECT_TRUE(result.flatten().equal(torch::tensor(expected).to(torch::kUInt8))) << result;
}

}  // namespace
}  // namespace nadir
