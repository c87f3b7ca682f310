#include <gtest/gtest.h>

#include "data/samplers/grid.h"
#include "data/samplers/random_patch.h"
#include "data/samplers/whole.h"
#include "data_test/messages.h"
#include "data_test/pattern_source.h"

namespace nadir {
namespace {

torch::Tensor painted(const std::vector<Region>& regions, std::int64_t scene, std::int64_t height,
                      std::int64_t width) {
  torch::Tensor counts = torch::zeros({height, width}, torch::kInt64);
  for (const auto& [of, w] : regions) {
    if (of == scene) counts.narrow(0, w.row, w.height).narrow(1, w.column, w.width) += 1;
  }
  return counts;
}

std::vector<Region> all_of(const Sampler& sampler, std::int64_t epoch = 0) {
  std::vector<Region> regions;
  for (std::int64_t i = 0; i < sampler.size(); ++i) regions.push_back(sampler.at(epoch, i));
  return regions;
}

SamplerContext context_of(std::vector<Region> part, std::shared_ptr<const Source> source = nullptr) {
  return {.source = std::move(source),
          .part = std::move(part),
          .classes = {{.name = "land"}, {.name = "water"}},
          .seed = 7};
}

std::vector<Region> random_part(std::uint64_t seed, std::int64_t block) {
  const std::vector<Scene> scenes = PatternSource({{75, 90}, {40, 61}}, 1).scenes();
  return make_split(scenes, {.train = 0.6, .block = block, .seed = static_cast<std::int64_t>(seed)}).train;
}

TEST(GridTest, WindowsHoldEveryPixelOfThePartOnce) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto part = random_part(seed, 5 + static_cast<std::int64_t>(seed));
    const auto sampler =
        make_grid({.size = 3 + static_cast<std::int64_t>(seed) % 9, .stride = {}}, context_of(part));
    const std::vector<Region> windows = all_of(*sampler);
    EXPECT_TRUE(painted(windows, 0, 75, 90).equal(painted(part, 0, 75, 90)));
    EXPECT_TRUE(painted(windows, 1, 40, 61).equal(painted(part, 1, 40, 61)));
  }
}

TEST(GridTest, OverlappingWindowsReachTheBorderAndStopThere) {
  const auto sampler = make_grid({.size = 4, .stride = 3}, context_of({{0, {10, 20, 4, 9}}}));
  ASSERT_EQ(sampler->size(), 3);
  EXPECT_EQ(sampler->at(0, 0).window, (Window{10, 20, 4, 4}));
  EXPECT_EQ(sampler->at(0, 1).window, (Window{10, 23, 4, 4}));
  EXPECT_EQ(sampler->at(0, 2).window, (Window{10, 26, 4, 3}));
}

TEST(WholeTest, GivesEveryRegionOnceAndRefusesSizesThatDiffer) {
  const auto source = std::make_shared<PatternSource>(
      std::vector<std::pair<std::int64_t, std::int64_t>>{{4, 6}, {4, 6}, {5, 6}}, 1);
  const std::vector<Region> part = {{1, {0, 0, 4, 6}}, {0, {0, 0, 4, 6}}};
  const auto sampler = make_whole({}, context_of(part, source));
  EXPECT_EQ(all_of(*sampler), part);
  EXPECT_EQ(sampler->patch(), 0);
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    make_whole({}, context_of({{1, {0, 0, 4, 6}}, {2, {0, 0, 5, 6}}}, source));
                  }),
                  {"scene1.tif (6 x 4)", "scene2.tif (6 x 5)"}));
}

TEST(GridTest, AStrideThatLeavesPixelsOutIsRefused) {
  EXPECT_TRUE(has(
      message_of<ConfigError>([] { samplers().resolve("grid", parse_yaml("{size: 4, stride: 5}", "r")); }),
      {"stride 5 is above size 4"}));
}

TEST(RandomPatchTest, PatchesLieInsideTheUnionOfThePart) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const auto part = random_part(seed, 16);
    const auto sampler = make_random_patch({.size = 11, .per_epoch = 80}, context_of(part));
    int straddling = 0;
    for (const auto& [scene, w] : all_of(*sampler)) {
      const torch::Tensor held = scene == 0 ? painted(part, 0, 75, 90) : painted(part, 1, 40, 61);
      EXPECT_EQ(held.narrow(0, w.row, 11).narrow(1, w.column, 11).sum().item<std::int64_t>(), 121);
      straddling += w.row / 16 != (w.bottom() - 1) / 16 || w.column / 16 != (w.right() - 1) / 16;
    }
    EXPECT_GT(straddling, 0);  // seams between neighbouring blocks are seen in training too
  }
}

TEST(RandomPatchTest, DependsOnSeedEpochAndIndexAlone) {
  const auto part = random_part(1, 16);
  const auto sampler = make_random_patch({.size = 8, .per_image = 20}, context_of(part));
  ASSERT_EQ(sampler->size(), 40);
  const std::vector<Region> epoch = all_of(*sampler, 3);
  EXPECT_EQ(all_of(*make_random_patch({.size = 8, .per_image = 20}, context_of(part)), 3), epoch);
  EXPECT_EQ(sampler->at(3, 25), epoch[25]);
  EXPECT_NE(all_of(*sampler, 4), epoch);
  SamplerContext other = context_of(part);
  other.seed = 8;
  EXPECT_NE(all_of(*make_random_patch({.size = 8, .per_image = 20}, other), 3), epoch);
}

TEST(RandomPatchTest, ScenesAreDrawnByTheirArea) {
  const auto sampler = make_random_patch({.size = 10, .per_epoch = 2000},
                                         context_of({{0, {0, 0, 30, 100}}, {1, {0, 0, 100, 10}}}));
  int first = 0;
  for (const Region& each : all_of(*sampler)) first += each.scene == 0;
  EXPECT_NEAR(first, 1500, 80);  // 4 standard deviations
}

TEST(RandomPatchTest, EveryPlaceOfALoneBlockIsReached) {
  const auto sampler = make_random_patch({.size = 3, .per_epoch = 600}, context_of({{0, {5, 5, 6, 6}}}));
  std::map<std::pair<std::int64_t, std::int64_t>, int> places;
  for (const Region& each : all_of(*sampler)) ++places[{each.window.row, each.window.column}];
  EXPECT_EQ(places.size(), 16U);
}

TEST(RandomPatchTest, APatchThatFitsNowhereSaysWhatToChange) {
  EXPECT_EQ(message_of<ConfigError>([] {
              make_random_patch({.size = 128}, context_of({{0, {0, 0, 64, 64}}}));
            }),
            "random_patch: patch 128 does not fit blocks of 64: raise data.split.block or lower the "
            "sampler's size");
}

// Water in the columns from 30 on.
std::shared_ptr<const Source> shore() {
  return std::make_shared<PatternSource>(
      std::vector<std::pair<std::int64_t, std::int64_t>>{{40, 60}}, 1, torch::kInt16,
      [](std::int64_t, std::int64_t row, std::int64_t column) { return row == 0 ? kIgnore : column >= 30; });
}

TEST(RandomPatchTest, PatchesHaveTheWantedShareOfAClass) {
  const auto source = shore();
  const auto sampler =
      make_random_patch({.size = 10, .per_epoch = 60, .class_ratio = {{"water", {0.3, 0.7}}}},
                        context_of({{0, {0, 0, 40, 60}}}, source));
  for (const Region& each : all_of(*sampler)) {
    const torch::Tensor target = source->read(0, each.window).target;
    const double share = target.eq(1).sum().item<double>() / target.ne(kIgnore).sum().item<double>();
    EXPECT_GE(share, 0.3);
    EXPECT_LE(share, 0.7);
  }
}

TEST(RandomPatchTest, SharesThatNoPlaceHasAreReportedWithTheClosest) {
  const auto sampler =
      make_random_patch({.size = 10, .per_epoch = 1, .class_ratio = {{"water", {0.9, 1}}}, .tries = 30},
                        context_of({{0, {1, 0, 30, 35}}}, shore()));
  EXPECT_TRUE(has(message_of<DataError>([&] { sampler->at(0, 0); }),
                  {"30 tries found no patch of 10 pixels with water from 0.9 to 1; closest: water 0."}));
  EXPECT_TRUE(has(
      message_of<ConfigError>([] {
        make_random_patch({.size = 4, .class_ratio = {{"watr", {0, 1}}}}, context_of({{0, {0, 0, 9, 9}}}));
      }),
      {"did you mean 'water'?"}));
  const auto unlabelled =
      std::make_shared<PatternSource>(std::vector<std::pair<std::int64_t, std::int64_t>>{{40, 60}}, 1);
  const auto blind = make_random_patch({.size = 4, .class_ratio = {{"water", {0, 1}}}},
                                       context_of({{0, {0, 0, 9, 9}}}, unlabelled));
  EXPECT_TRUE(has(message_of<ConfigError>([&] { blind->at(0, 0); }), {"needs masks"}));
}

}  // namespace
}  // namespace nadir
