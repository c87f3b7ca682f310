#include "pictures/nearest_color.h"

#include <gtest/gtest.h>

#include "pictures/golden_pictures.h"

namespace nadir {
namespace {

nlohmann::json cityscapes() { return golden::read(golden::folder() / "image-norm.json")["cityscapes"]; }

struct Table {
  std::vector<LabelColor> names, categories;
};

// The 35 colours of the golden, labelled by name and by category.
Table golden_table(const nlohmann::json& golden) {
  const std::vector<std::string> categories = golden["categories"];
  Table table;
  for (const auto& row :
       golden["table [name, colour, its category, category after the decode, category in the seed's code]"]) {
    const Rgb color = row[1];
    const auto category = std::find(categories.begin(), categories.end(), row[2].get<std::string>());
    table.names.push_back({color, static_cast<std::uint8_t>(table.names.size())});
    table.categories.push_back({color, static_cast<std::uint8_t>(category - categories.begin())});
  }
  return table;
}

torch::Tensor as_labels(const nlohmann::json& values) {
  return torch::tensor(values.get<std::vector<int>>()).to(torch::kUInt8);
}

TEST(NearestColorTest, EqualsTheGoldenOfCityscapesColours) {
  const nlohmann::json golden = cityscapes();
  const Table table = golden_table(golden);
  ASSERT_EQ(table.names.size(), 35U);
  const torch::Tensor colors = golden::bytes("norm.colours", {8, 12, 3}).permute({2, 0, 1});
  const auto& expected = golden["expected"]["random colours"];
  EXPECT_TRUE(NearestColor(table.categories)
                  .labels(colors)
                  .flatten()
                  .equal(as_labels(expected["right (35 colours)"])));
  EXPECT_TRUE(
      NearestColor(table.names).labels(colors).flatten().equal(as_labels(expected["name indices, right"])));
}

TEST(NearestColorTest, EqualsTheGoldenOfNoisyPalettes) {
  const nlohmann::json golden = cityscapes();
  const Table table = golden_table(golden);
  const torch::Tensor pick = golden::labels("norm.pick", {96}, 35),
                      noise = golden::labels("norm.noise", {96, 3}, 25) - 12;
  torch::Tensor colors = torch::empty({3, 8, 12}, torch::kUInt8);
  for (std::int64_t i = 0; i < 96; ++i) {
    for (std::int64_t c = 0; c < 3; ++c) {
      const int value = table.names[static_cast<std::size_t>(pick[i].item<std::int64_t>())]
                            .color[static_cast<std::size_t>(c)] +
                        noise[i][c].item<int>();
      colors[c].view({96})[i] = std::clamp(value, 0, 255);
    }
  }
  const auto& expected = golden["expected"]["palette colours with noise"];
  EXPECT_TRUE(NearestColor(table.categories)
                  .labels(colors)
                  .flatten()
                  .equal(as_labels(expected["right (35 colours)"])));
  EXPECT_TRUE(
      NearestColor(table.names).labels(colors).flatten().equal(as_labels(expected["name indices, right"])));
}

int square(int x) { return x * x; }

TEST(NearestColorTest, EqualsComparingAllForEveryColour) {
  const std::vector<LabelColor> colors = golden_table(cityscapes()).names;
  const NearestColor nearest(colors);
  std::int64_t wrong = 0;
  std::array<int, 35> red_green{};
  for (int red = 0; red < 256; ++red) {
    for (int green = 0; green < 256; ++green) {
      for (std::size_t i = 0; i < colors.size(); ++i) {
        red_green[i] = square(red - colors[i].color[0]) + square(green - colors[i].color[1]);
      }
      for (int blue = 0; blue < 256; ++blue) {
        int least = 1 << 30;
        std::uint8_t best = 0;
        for (std::size_t i = 0; i < colors.size(); ++i) {
          const int far = red_green[i] + square(blue - colors[i].color[2]);
          if (far < least) {
            least = far;
            best = colors[i].label;
          }
        }
        wrong += nearest(static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green),
                         static_cast<std::uint8_t>(blue)) != best;
      }
    }
  }
  EXPECT_EQ(wrong, 0);
}

TEST(NearestColorTest, TheFirstOfEqualsWins) {
  const NearestColor nearest({{{10, 0, 0}, 3}, {{20, 0, 0}, 1}, {{10, 0, 0}, 2}});
  EXPECT_EQ(nearest(10, 0, 0), 3);
  EXPECT_EQ(nearest(15, 0, 0), 3);  // as far from both
  EXPECT_EQ(nearest(16, 0, 0), 1);
}

}  // namespace
}  // namespace nadir
