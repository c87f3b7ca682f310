// Samplers that look at the classes: balanced_patch and foreground_patch.
#include <gtest/gtest.h>

#include <set>

#include "data/samplers/balanced_patch.h"
#include "data/samplers/foreground_patch.h"
#include "data_test/messages.h"
#include "data_test/pattern_source.h"

namespace nadir {
namespace {

// 600 x 700: class 1 in one corner of 6 x 5 pixels, class 2 in a band, class 0 elsewhere; class 3 nowhere.
std::shared_ptr<const Source> landscape() {
  return std::make_shared<PatternSource>(
      std::vector<std::pair<std::int64_t, std::int64_t>>{{600, 700}}, 1, torch::kInt16,
      [](std::int64_t, std::int64_t row, std::int64_t column) -> std::int64_t {
        if (row >= 594 && column >= 695) return 1;
        return row >= 200 && row < 240 ? 2 : 0;
      });
}

SamplerContext context_of(std::vector<Region> part) {
  return {.source = landscape(),
          .part = std::move(part),
          .classes = {{.name = "land"}, {.name = "car"}, {.name = "road"}, {.name = "ice"}},
          .seed = 3};
}

const std::vector<Region> kWhole = {{0, {0, 0, 600, 700}}};

bool lies_inside(const Region& patch, const std::vector<Region>& part) {
  std::int64_t pixels = 0;
  for (const Region& region : part) pixels += intersection(region.window, patch.window).area();
  return pixels == patch.window.area();
}

TEST(BalancedPatchTest, ClassesAreDrawnAlikeHoweverRareTheyAre) {
  const auto sampler = make_balanced_patch({.size = 33, .per_epoch = 900}, context_of(kWhole));
  int car = 0, road = 0;
  for (std::int64_t i = 0; i < sampler->size(); ++i) {
    const Window w = sampler->at(0, i).window;
    EXPECT_TRUE(lies_inside({0, w}, kWhole));
    const std::int64_t row = w.row + 16;
    // The car's corner cannot be a middle: the patch is moved inside.
    if (w.row == 567 && w.column == 667) {
      ++car;
    } else if (row >= 200 && row < 240) {
      ++road;
    }
  }
  EXPECT_NEAR(car, 300, 57);  // 4 standard deviations of a third of 900
  EXPECT_NEAR(road, 300 + 300 * 40 / 600, 60);
}

TEST(BalancedPatchTest, PatchesStayInThePartAndDependOnTheirKeyAlone) {
  const Split split = make_split(landscape()->scenes(), {.block = 64, .buffer = 4, .seed = 1});
  const auto sampler = make_balanced_patch({.size = 24, .per_image = 200}, context_of(split.train));
  const auto again = make_balanced_patch({.size = 24, .per_image = 200}, context_of(split.train));
  ASSERT_EQ(sampler->size(), 200);
  std::set<std::int64_t> rows;
  for (std::int64_t i = 0; i < 200; ++i) {
    const Region patch = sampler->at(2, i);
    EXPECT_TRUE(lies_inside(patch, split.train));
    EXPECT_EQ(again->at(2, i), patch);
    rows.insert(patch.window.row);
  }
  EXPECT_GT(rows.size(), 20U);
  EXPECT_NE(sampler->at(3, 0), sampler->at(2, 0));
}

TEST(BalancedPatchTest, WantsMasksAndRoom) {
  SamplerContext blind = context_of({{0, {0, 0, 50, 50}}});
  blind.source =
      std::make_shared<PatternSource>(std::vector<std::pair<std::int64_t, std::int64_t>>{{60, 60}}, 1);
  EXPECT_TRUE(has(message_of<ConfigError>([&] { make_balanced_patch({.size = 8}, blind); }),
                  {"balanced_patch needs masks"}));
  EXPECT_TRUE(has(message_of<ConfigError>([&] { make_balanced_patch({.size = 64}, blind); }),
                  {"balanced_patch: patch 64 does not fit blocks of 50"}));
}

TEST(ForegroundPatchTest, AShareOfPatchesLiesAroundForeground) {
  const auto count_roads = [](double share) {
    const auto sampler =
        make_foreground_patch({.size = 21, .per_epoch = 400, .share = share}, context_of(kWhole));
    int roads = 0;
    for (std::int64_t i = 0; i < sampler->size(); ++i) {
      const std::int64_t row = sampler->at(1, i).window.row + 10;
      roads += row >= 200 && row < 240;
    }
    return roads;
  };
  EXPECT_GE(count_roads(1), 397);  // 28,000 pixels of road, 30 of cars
  EXPECT_NEAR(count_roads(0), 400 * 40 / 580, 25);
  EXPECT_NEAR(count_roads(0.5), 200 + 200 * 40 / 580, 45);
}

TEST(ForegroundPatchTest, BackgroundIsNamed) {
  const auto sampler = make_foreground_patch(
      {.size = 21, .per_epoch = 50, .share = 1, .background = {"land", "road"}}, context_of(kWhole));
  for (std::int64_t i = 0; i < 50; ++i) EXPECT_EQ(sampler->at(0, i).window, (Window{579, 679, 21, 21}));
  EXPECT_TRUE(has(message_of<ConfigError>([] {
                    make_foreground_patch({.size = 9, .background = {"laand"}}, context_of(kWhole));
                  }),
                  {"there is no class 'laand'"}));
  EXPECT_TRUE(has(message_of<ConfigError>([] {
                    make_foreground_patch({.size = 9}, context_of({{0, {0, 0, 100, 100}}}));
                  }),
                  {"background alone"}));
}

}  // namespace
}  // namespace nadir
