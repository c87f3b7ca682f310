#include <gtest/gtest.h>

#include <set>

#include "data_test/messages.h"
#include "data_test/pattern_source.h"

namespace nadir {
namespace {

std::vector<Scene> random_scenes(RandomStream& random) {
  std::vector<Scene> scenes;
  const std::int64_t count = 1 + random.below(5);
  for (std::int64_t i = 0; i < count; ++i) {
    scenes.push_back({.id = "s" + std::to_string(i),
                      .path = "",
                      .height = 1 + random.below(90),
                      .width = 1 + random.below(90),
                      .bands = 1,
                      .resolution = std::nullopt});
  }
  return scenes;
}

std::vector<Scene> scenes_of(std::int64_t count, std::int64_t side) {
  std::vector<Scene> scenes;
  for (std::int64_t i = 0; i < count; ++i) {
    scenes.push_back({.id = "s" + std::to_string(i),
                      .path = "",
                      .height = side,
                      .width = side,
                      .bands = 1,
                      .resolution = std::nullopt});
  }
  return scenes;
}

// How often each pixel of each scene lies in a region of the split.
std::vector<torch::Tensor> cover(const Split& split, const std::vector<Scene>& scenes) {
  std::vector<torch::Tensor> counts;
  for (const Scene& scene : scenes)
    counts.push_back(torch::zeros({scene.height, scene.width}, torch::kInt64));
  for (const char* part : {"train", "val", "test"}) {
    for (const auto& [scene, w] : split.part(part)) {
      counts[static_cast<std::size_t>(scene)].narrow(0, w.row, w.height).narrow(1, w.column, w.width) += 1;
    }
  }
  return counts;
}

TEST(SplitTest, EveryPixelBelongsToExactlyOnePart) {
  RandomStream random(11);
  int divided = 0;
  for (int round = 0; round < 60; ++round) {
    const std::vector<Scene> scenes = random_scenes(random);
    SplitConfig config{.train = 1, .val = random.uniform(), .test = random.uniform()};
    config.by = round % 3 == 0 ? "scene" : "block";
    config.block = 1 + random.below(12);
    config.seed = round;
    Split split;
    try {
      split = make_split(scenes, config);
    } catch (const ConfigError&) {
      continue;  // too few blocks or scenes, which another test looks at
    }
    ++divided;
    for (const torch::Tensor& counts : cover(split, scenes)) EXPECT_TRUE(counts.eq(1).all().item<bool>());
  }
  EXPECT_GE(divided, 40);
}

TEST(SplitTest, SharesAreMetByLargestRemainder) {
  const auto sizes = [](std::int64_t blocks, SplitConfig config) {
    config.block = 1;
    const Split split = make_split(
        {{.id = "a", .path = "", .height = 1, .width = blocks, .bands = 1, .resolution = {}}}, config);
    return std::vector<std::size_t>{split.train.size(), split.val.size(), split.test.size()};
  };
  EXPECT_EQ(sizes(20, {}), (std::vector<std::size_t>{14, 3, 3}));
  EXPECT_EQ(sizes(5, {}), (std::vector<std::size_t>{3, 1, 1}));
  EXPECT_EQ(sizes(3, {}), (std::vector<std::size_t>{1, 1, 1}));  // no wanted part stays empty
  EXPECT_EQ(sizes(10, {.train = 8, .val = 2, .test = 0}), (std::vector<std::size_t>{8, 2, 0}));
}

TEST(SplitTest, DependsOnSeedAndSceneNamesNotOnTheirOrder) {
  std::vector<Scene> scenes = scenes_of(4, 64);
  const SplitConfig config{.block = 16, .seed = 5};
  const Split split = make_split(scenes, config);
  const auto named = [](const Split& s, const std::vector<Scene>& of) {
    std::set<std::string> names;
    for (const auto& [scene, window] : s.train)
      names.insert(of[static_cast<std::size_t>(scene)].id + to_string(window));
    return names;
  };
  const auto before = named(split, scenes);
  std::swap(scenes[0], scenes[3]);
  EXPECT_EQ(named(make_split(scenes, config), scenes), before);
  EXPECT_NE(named(make_split(scenes, {.block = 16, .seed = 6}), scenes), before);
}

TEST(SplitTest, AnEmptyPartSaysWhatToChange) {
  EXPECT_TRUE(has(message_of<ConfigError>([] { make_split(scenes_of(1, 100), {.block = 128}); }),
                  {"'val' is empty: there is 1 block of 128 pixels to divide; lower data.split.block"}));
  EXPECT_TRUE(has(message_of<ConfigError>([] { make_split(scenes_of(2, 100), {.by = "scene"}); }),
                  {"'test' is empty: there are 2 scenes to divide; add scenes, split by block, or set"}));
  EXPECT_TRUE(
      has(message_of<ConfigError>([] { make_split(scenes_of(2, 9), {.train = 0, .val = 0, .test = 0}); }),
          {"one of them above 0"}));
  EXPECT_TRUE(has(message_of<ConfigError>([] { Split().part("tset"); }), {"train, val or test"}));
}

TEST(SplitTest, JsonComesBackTheSame) {
  const std::vector<Scene> scenes = scenes_of(3, 70);
  const Split split = make_split(scenes, {.block = 16, .seed = 3});
  std::vector<Scene> turned(scenes.rbegin(), scenes.rend());  // files may be found in another order
  const std::string text = split_to_json(split, scenes);
  const Split same = split_from_json(text, scenes);
  EXPECT_EQ(same.train, split.train);
  EXPECT_EQ(same.val, split.val);
  EXPECT_EQ(same.test, split.test);
  EXPECT_EQ(split_from_json(text, turned).train[0].scene, 2 - split.train[0].scene);
}

TEST(SplitTest, AStoredSplitThatDoesNotFitIsRefused) {
  const std::vector<Scene> scenes = scenes_of(2, 40);
  const std::string text = split_to_json(make_split(scenes, {.block = 8}), scenes);
  const auto refused = [](const std::string& json, const std::vector<Scene>& now) {
    return message_of<DataError>([&] { split_from_json(json, now); });
  };
  std::vector<Scene> changed = scenes;
  changed[1].height = 41;
  EXPECT_TRUE(has(refused(text, changed), {"'s1' had 40 x 40 pixels, now it has 41 x 40"}));
  EXPECT_TRUE(has(refused(text, scenes_of(1, 40)), {"scene 's1' is not among the images"}));
  EXPECT_TRUE(has(refused(text, scenes_of(3, 40)), {"does not know the scene 's2'"}));
  EXPECT_TRUE(has(refused("{}", scenes), {"not a split in JSON"}));
  EXPECT_TRUE(has(refused(text.substr(0, text.size() / 2), scenes), {"not a split in JSON"}));
  const std::string scene_list = R"({"format": 1, "scenes": [{"id": "s0", "height": 40, "width": 40}], )";
  EXPECT_TRUE(has(
      refused(
          scene_list + R"("train": [{"scene": "s0", "windows": [[0, 33, 8, 8]]}], "val": [], "test": []})",
          scenes_of(1, 40)),
      {"lies outside of scene 's0'"}));
  EXPECT_TRUE(has(refused(scene_list + R"("train": [{"scene": "s0", "windows": [[0, 0, 8, 8]]}],
                      "val": [{"scene": "s0", "windows": [[7, 7, 8, 8]]}], "test": []})",
                          scenes_of(1, 40)),
                  {"overlaps another region"}));
  EXPECT_TRUE(has(refused(R"({"format": 9})", scenes), {"format 9 is unknown"}));
}

}  // namespace
}  // namespace nadir
