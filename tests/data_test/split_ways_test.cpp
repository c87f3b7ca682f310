// Buffers, folds, strata, lists and publishers' parts: disjoint, reproducible, and as they were asked for.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "data/split_buffer.h"
#include "data/stratify.h"
#include "data_test/messages.h"
#include "data_test/pattern_source.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

constexpr std::array<const char*, 3> kNames = {"train", "val", "test"};

std::vector<Scene> scenes_of(std::int64_t count, std::int64_t height, std::int64_t width) {
  std::vector<Scene> scenes;
  for (std::int64_t i = 0; i < count; ++i) {
    scenes.push_back({.id = "s" + std::to_string(i) + ".tif",
                      .path = "",
                      .height = height,
                      .width = width,
                      .bands = 1,
                      .resolution = std::nullopt});
  }
  return scenes;
}

// The part of each pixel of a scene: 0 none, 1 train, 2 val, 3 test. Fails where two hold one.
torch::Tensor painted(const Split& split, std::int64_t scene, const Scene& of) {
  torch::Tensor parts = torch::zeros({of.height, of.width}, torch::kInt64);
  for (std::int64_t part = 0; part < 3; ++part) {
    for (const auto& [number, w] : split.part(kNames.at(static_cast<std::size_t>(part)))) {
      if (number != scene) continue;
      torch::Tensor place = parts.narrow(0, w.row, w.height).narrow(1, w.column, w.width);
      EXPECT_TRUE(place.eq(0).all().item<bool>());
      place.fill_(part + 1);
    }
  }
  return parts;
}

// Whether a pixel of another part lies within `buffer` pixels of one.
bool are_apart(const torch::Tensor& parts, std::int64_t buffer) {
  for (std::int64_t part = 1; part <= 3; ++part) {
    const auto other = parts.gt(0)
                           .logical_and(parts.ne(part))
                           .to(torch::kFloat32)
                           .view({1, 1, parts.size(0), parts.size(1)});
    const auto near = torch::max_pool2d(other, 2 * buffer + 1, 1, buffer)[0][0].gt(0);
    if (near.logical_and(parts.eq(part)).any().item<bool>()) return false;
  }
  return true;
}

std::set<std::string> ids(const std::vector<Region>& part, const std::vector<Scene>& scenes) {
  std::set<std::string> names;
  for (const Region& region : part) names.insert(scenes[static_cast<std::size_t>(region.scene)].id);
  return names;
}

TEST(BufferTest, PartsOfAnyBlocksAreApartAndTheTestPartStaysWhole) {
  RandomStream random(11);
  int looked_at = 0;
  for (int round = 0; round < 60; ++round) {
    const auto scenes = scenes_of(2, 20 + random.below(80), 20 + random.below(80));
    SplitConfig config{.train = 0.5, .val = 0.25, .test = 0.25, .block = 6 + random.below(20), .seed = round};
    const Split whole = make_split(scenes, config);
    config.buffer = 1 + random.below(std::min<std::int64_t>(5, config.block / 2));
    Split split;
    try {
      split = make_split(scenes, config);
    } catch (const ConfigError&) {
      continue;  // nothing left of a part
    }
    ++looked_at;
    EXPECT_EQ(split.test, whole.test);
    for (std::int64_t i = 0; i < 2; ++i) {
      const torch::Tensor parts = painted(split, i, scenes[static_cast<std::size_t>(i)]);
      EXPECT_TRUE(are_apart(parts, config.buffer));
      // Nothing but what the buffer asks for is lost.
      const torch::Tensor before = painted(whole, i, scenes[static_cast<std::size_t>(i)]);
      const torch::Tensor kept = parts.gt(0);
      EXPECT_TRUE(parts.masked_select(kept).equal(before.masked_select(kept)));
    }
    EXPECT_EQ(split_from_json(split_to_json(split, scenes), scenes).train, split.train);
  }
  EXPECT_GT(looked_at, 20);
}

TEST(BufferTest, ScenesThatTouchOnTheGroundAreKeptApart) {
  auto scenes = scenes_of(3, 50, 50);
  for (std::size_t i = 0; i < 3; ++i) {
    scenes[i].crs = "a CRS";
    scenes[i].transform = {{1000 + 500.0 * static_cast<double>(i), 10, 0, 9000, 0, -10}};
  }
  SplitConfig config{.by = "list", .buffer = 8};
  config.train_list = {"s0", "s2.tif"};
  config.test_list = {"s1"};
  const Split split = make_split(scenes, config);
  EXPECT_EQ(split.test[0].window, (Window{0, 0, 50, 50}));
  EXPECT_EQ(split.train[0].window, (Window{0, 0, 50, 42}));
  EXPECT_EQ(split.train[1].window, (Window{0, 8, 50, 42}));
  scenes[2].crs = "another CRS";
  EXPECT_EQ(make_split(scenes, config).train[1].window, (Window{0, 0, 50, 50}));
  config.buffer = 60;
  EXPECT_TRUE(has(message_of<ConfigError>([&] {
                    scenes[2].crs = "a CRS";
                    make_split(scenes, config);
                  }),
                  {"nothing of the part 'train' is left beside 60 pixels"}));
}

TEST(BufferTest, SubtractingLeavesTheRest) {
  EXPECT_EQ(subtract({{0, 0, 4, 4}}, {1, 1, 2, 2}).size(), 4U);
  EXPECT_EQ(subtract({{0, 0, 4, 4}}, {9, 9, 2, 2}), (std::vector<Window>{{0, 0, 4, 4}}));
  EXPECT_TRUE(subtract({{0, 0, 4, 4}}, {-1, -1, 9, 9}).empty());
}

TEST(FoldsTest, EveryBlockIsValidationOnceAndTheTestPartStays) {
  const auto scenes = scenes_of(2, 60, 70);
  SplitConfig config{.train = 0.6, .val = 0.2, .test = 0.2, .block = 10, .folds = 5, .seed = 3};
  torch::Tensor validated = torch::zeros({60, 70}, torch::kInt64);
  torch::Tensor test;
  for (config.fold = 0; config.fold < 5; ++config.fold) {
    const torch::Tensor parts = painted(make_split(scenes, config), 0, scenes[0]);
    EXPECT_TRUE(parts.gt(0).all().item<bool>());
    validated += parts.eq(2);
    if (!test.defined()) test = parts.eq(3);
    EXPECT_TRUE(test.equal(parts.eq(3)));
  }
  EXPECT_TRUE(validated.equal(test.logical_not().to(torch::kInt64)));
  EXPECT_NEAR(test.to(torch::kFloat32).mean().item<double>(), 0.2, 0.1);
  const auto refused = [&](SplitConfig wrong) {
    return message_of<ConfigError>([&] { make_split(scenes, wrong); });
  };
  EXPECT_TRUE(has(refused({.folds = 5, .fold = 5}), {"fold 5 is not among the 5 folds"}));
  EXPECT_TRUE(has(refused({.folds = 1}), {"one fold divides nothing"}));
  EXPECT_TRUE(has(refused({.by = "scene", .folds = 5}), {"5 folds need as many scenes"}));
}

TEST(StratifyTest, EveryLabelIsInEveryPartInItsShare) {
  RandomStream random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::vector<bool>> contents;
    for (int i = 0; i < 200; ++i)
      contents.push_back({random.chance(0.5), random.chance(0.3), random.chance(0.06)});
    const auto part_of =
        stratify(contents, {0.7, 0.15, 0.15}, random.child(static_cast<std::uint64_t>(round)));
    for (std::size_t label = 0; label < 3; ++label) {
      std::array<double, 3> counts{};
      double total = 0;
      for (std::size_t i = 0; i < contents.size(); ++i) {
        if (!contents[i][label]) continue;
        ++counts.at(part_of[i]);
        ++total;
      }
      EXPECT_NEAR(counts[0], 0.7 * total, 3);
      EXPECT_NEAR(counts[1], 0.15 * total, 3);
      EXPECT_NEAR(counts[2], 0.15 * total, 3);
    }
    EXPECT_NEAR(static_cast<double>(std::count(part_of.begin(), part_of.end(), 0U)), 140, 4);
  }
}

// Three scenes of fifteen have the rare class; by chance alone a part would often have none.
std::shared_ptr<const Source> rare_scenes() {
  return std::make_shared<PatternSource>(
      std::vector<std::pair<std::int64_t, std::int64_t>>(15, {6, 6}), 1, torch::kInt16,
      [](std::int64_t scene, std::int64_t row, std::int64_t) { return scene % 5 == 1 && row == 3 ? 1 : 0; });
}

TEST(StratifyTest, TargetsAreReadWhereTheSourceDoesNotKnow) {
  const auto source = rare_scenes();
  EXPECT_EQ(classes_of_scene(*source, 1, 2), (std::vector<bool>{true, true}));
  EXPECT_EQ(classes_of_scene(*source, 2, 2), (std::vector<bool>{true, false}));
  for (std::int64_t seed = 0; seed < 10; ++seed) {
    const SplitConfig config{.train = 0.6, .val = 0.2, .test = 0.2, .by = "stratified", .seed = seed};
    const Split split = make_split(*source, 2, config);
    for (const char* name : kNames) {
      int rare = 0;
      for (const Region& region : split.part(name)) rare += region.scene % 5 == 1;
      EXPECT_EQ(rare, 1) << name;
    }
    EXPECT_EQ(make_split(*source, 2, config).train, split.train);
  }
  SplitConfig folds{.test = 0.2, .by = "stratified", .folds = 3};
  std::set<std::int64_t> validated;
  for (folds.fold = 0; folds.fold < 3; ++folds.fold) {
    for (const Region& region : make_split(*source, 2, folds).val)
      EXPECT_TRUE(validated.insert(region.scene).second);
  }
  EXPECT_GE(validated.size(), 11U);
  const PatternSource unlabelled({{4, 4}}, 1);
  EXPECT_TRUE(has(message_of<ConfigError>([&] { make_split(unlabelled, 2, {.by = "stratified"}); }),
                  {"needs labels, and scene 'scene0.tif' has none"}));
}

TEST(SplitBySourceTest, TakesThePublishersParts) {
  auto scenes = scenes_of(10, 8, 8);
  for (std::size_t i = 0; i < 10; ++i) scenes[i].part = i < 8 ? "train" : "test";
  const Split split = make_split(scenes, {.by = "source"});
  EXPECT_EQ(ids(split.test, scenes), (std::set<std::string>{"s8.tif", "s9.tif"}));
  EXPECT_EQ(split.train.size() + split.val.size(), 8U);
  EXPECT_EQ(split.val.size(), 1U);  // the publisher has none: its share of the training scenes
  scenes[3].part = "val";
  EXPECT_EQ(ids(make_split(scenes, {.by = "source"}).val, scenes), std::set<std::string>{"s3.tif"});
  scenes[3].part = "";
  EXPECT_TRUE(
      has(message_of<ConfigError>([&] { make_split(scenes, {.by = "source"}); }), {"'s3.tif' has none"}));
}

TEST(SplitByListTest, ScenesAreNamedByIdStemOrFile) {
  const TemporaryFolder folder;
  const auto scenes = scenes_of(6, 8, 8);
  std::ofstream(folder / "train.txt") << "s0\r\ns1.tif\n\ns2  \n";
  SplitConfig config{.by = "list"};
  config.train_list = {(folder / "train.txt").string()};
  config.val_list = {"s4"};
  const Split split = make_split(scenes, config);
  EXPECT_EQ(ids(split.train, scenes), (std::set<std::string>{"s0.tif", "s1.tif", "s2.tif"}));
  EXPECT_EQ(ids(split.val, scenes), std::set<std::string>{"s4.tif"});
  EXPECT_TRUE(split.test.empty());
  const auto refused = [&] { return message_of<ConfigError>([&] { make_split(scenes, config); }); };
  config.test_list = {"s1"};
  EXPECT_TRUE(has(refused(), {"test_list: scene 's1' is in train_list already"}));
  config.test_list = {"s9.tif"};
  EXPECT_TRUE(has(refused(), {"there is no scene 's9.tif'; did you mean"}));
  config.by = "block";
  EXPECT_TRUE(has(refused(), {"want by: list"}));
}

}  // namespace
}  // namespace nadir
