// Phases that freeze, unfreeze and change the rate.
#include "train/callbacks/phases.h"

#include <gtest/gtest.h>

#include "train/run_comparison.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

constexpr const char* kPhases =
    "  phases: [{epochs: 2, freeze: [inc, down1]}, {epochs: 1, freeze: down1, unfreeze_from: 2, lr: 0.001},"
    " {lr: 0.0001, fresh_optimizer: true}]\n  epochs: 4\n";

Recipe phased(const TemporaryFolder& folder, const std::string& phases = kPhases) {
  Recipe recipe = small_recipe(folder);
  const ConfigNode node = parse_yaml("train:\n  batch_size: 8\n  device: cpu\n  seed: 11\n" + phases, "test");
  recipe.train = read_config<TrainConfig>(*node.find("train"), "train");
  return recipe;
}

torch::Tensor tensor(const std::filesystem::path& file, const std::string& name) {
  for (const auto& [each, value] : load_tensors(file)) {
    if (each == name) return value;
  }
  throw std::logic_error("no tensor " + name);
}

TEST(Phases, FollowEachOther) {
  std::vector<PhaseConfig> phases(3);
  phases[0].epochs = 2;
  phases[1].epochs = 1;
  const std::vector<std::size_t> expected = {0, 0, 1, 2, 2, 2};
  for (std::size_t epoch = 0; epoch < expected.size(); ++epoch)
    EXPECT_EQ(phase_at(phases, static_cast<std::int64_t>(epoch)), expected[epoch]) << epoch;
}

TEST(Phases, KeepFrozenPartsTheirStatisticsIncludedAndSetTheRate) {
  const TemporaryFolder folder;
  Recipe recipe = phased(folder, "  phases: [{freeze: [inc, down1], lr: 0.002}]\n  epochs: 1\n");
  const RunFolder run(folder / "run");
  recipe.schedule = {"constant", schedules().resolve("constant", {})};
  const TrainResult result = train(recipe, run, false);
  EXPECT_DOUBLE_EQ(value_of(result.epochs[0], "lr"), 0.002);
  const Recipe free = small_recipe(folder);
  const RunFolder other(folder / "other");
  std::filesystem::create_directories(other.path());
  torch::manual_seed(RandomStream(11).child("weights").next());
  const auto fresh = models().make(free.model, {3, 2});
  for (const auto& [name, value] : named_state(*fresh)) {
    const bool frozen = name.starts_with("inc.") || name.starts_with("down1.");
    if (name.ends_with("cn1.weight") || name.ends_with("running_mean"))
      EXPECT_EQ(torch::equal(tensor(run.last(), name), value), frozen) << name;
  }
}

TEST(Phases, StoppedAndResumedEndWithTheSameWeights) {
  const TemporaryFolder folder;
  const Recipe recipe = phased(folder);
  const RunFolder straight(folder / "straight"), stopped(folder / "stopped");
  const TrainResult expected = train(recipe, straight, false);
  const TrainResult found = train_with_stops(recipe, stopped, 5);
  EXPECT_TRUE(same_tensors(straight.last(), stopped.last()));
  ASSERT_EQ(found.epochs.size(), expected.epochs.size());
  for (std::size_t i = 0; i < found.epochs.size(); ++i)
    EXPECT_EQ(untimed(found.epochs[i]), untimed(expected.epochs[i])) << i;
}

TEST(Phases, RefuseWhatCannotBe) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& phases) {
    try {
      const Recipe recipe = phased(folder, phases);
      recipe.validate();
      train(recipe, RunFolder(folder / "refused"), false);
      return false;
    } catch (const Error&) {
      std::filesystem::remove_all(folder / "refused");
      return true;
    }
  };
  EXPECT_TRUE(refused("  phases: [{freeze: inc}, {epochs: 1}]\n  epochs: 2\n"));        // epochs missing
  EXPECT_TRUE(refused("  phases: [{epochs: 3}]\n  epochs: 2\n"));                       // more than there are
  EXPECT_TRUE(refused("  phases: [{epochs: 1}]\n  epochs: 2\n"));                       // fewer
  EXPECT_TRUE(refused("  phases: [{unfreeze_from: 3}]\n  epochs: 1\n"));                // of which part
  EXPECT_TRUE(refused("  phases: [{freeze: encoder}]\n  epochs: 1\n"));                 // no such part
  EXPECT_TRUE(refused("  phases: [{freeze: inc, unfreeze_from: 99}]\n  epochs: 1\n"));  // no such layer
  EXPECT_TRUE(refused("  phases: [{freeze: ['']}]\n  epochs: 1\n"));                    // nothing learns
}

}  // namespace
}  // namespace nadir
