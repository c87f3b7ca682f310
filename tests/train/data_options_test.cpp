// What the data section and the losses' class weights do to a run.
#include <gtest/gtest.h>

#include "train/class_weighting.h"
#include "train/run_comparison.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

Recipe with(const TemporaryFolder& folder, const std::vector<std::string>& overrides) {
  small_recipe(folder);
  return read_recipe(folder / "small.yaml", overrides);
}

class MixedTraining : public testing::TestWithParam<std::string> {};

TEST_P(MixedTraining, LearnsAndResumesBitForBit) {
  const TemporaryFolder folder;
  const Recipe recipe = with(folder, {"data.augment_batch=" + GetParam()});
  const TrainResult whole = train(recipe, RunFolder(folder / "whole"), false);
  EXPECT_GT(whole.best_score, 0.75);
  train_with_stops(recipe, RunFolder(folder / "stopped"), 5);
  EXPECT_TRUE(same_tensors(folder / "whole" / "last.safetensors", folder / "stopped" / "last.safetensors"));
  const TrainResult plain = train(small_recipe(folder), RunFolder(folder / "plain"), false);
  EXPECT_NE(untimed(plain.epochs[0]), untimed(whole.epochs[0]));
}

INSTANTIATE_TEST_SUITE_P(All, MixedTraining,
                         testing::Values("[mixup]", "[{cutmix: {probability: 0.5}}, mixup]"),
                         [](const auto& each) {
                           return each.param == "[mixup]" ? "Mixup" : "CutmixOrMixup";
                         });

TEST(MixedTraining, GoesWithLabelsThatDoNotExcludeEachOther) {
  const TemporaryFolder folder;
  Recipe recipe = labels_recipe(folder);
  recipe.data.augment_batch = {{"mixup", {}}};
  EXPECT_GT(train(recipe, RunFolder(folder / "run"), false).best_score, 0.5);
}

TEST(CacheInTraining, ChangesNoNumberAndMayComeOnResume) {
  const TemporaryFolder folder;
  train(small_recipe(folder), RunFolder(folder / "plain"), false);
  const Recipe cached =
      with(folder, {"data.cache={memory: 1 MiB, disk: " + (folder / "cache").string() + "}"});
  train(cached, RunFolder(folder / "cached"), false);
  EXPECT_TRUE(same_tensors(folder / "plain" / "last.safetensors", folder / "cached" / "last.safetensors"));
  EXPECT_FALSE(std::filesystem::is_empty(folder / "cache"));
  Stopper stopper("epoch 2", 2);
  EXPECT_THROW(train(small_recipe(folder), RunFolder(folder / "stopped"), false, stopper), Interrupted);
  clear_stop();
  train(cached, RunFolder(folder / "stopped"), true);
  EXPECT_TRUE(same_tensors(folder / "plain" / "last.safetensors", folder / "stopped" / "last.safetensors"));
}

TEST(ClassWeightsInTraining, ComeFromTheTrainingPartAndStayWithTheRun) {
  const TemporaryFolder folder;
  const Recipe recipe = with(folder, {"loss={cross_entropy: 1}", "train.class_weights=inverse_frequency"});
  train(recipe, RunFolder(folder / "whole"), false);
  const PreparedData data = prepare_data(recipe);
  const BandStats stats = band_statistics(*data.source, data.split.train, 2);
  const auto weights = class_weights(stats, "inverse_frequency");
  EXPECT_GT(weights[1], weights[0]);  // squares are rarer than ground
  const ModelCard card = read_model_card(folder / "whole" / "best.safetensors");
  EXPECT_EQ(weights_from_text(card.training.at("class_weights")), weights);

  // The same as writing them down.
  const Recipe written =
      with(folder, {"loss={cross_entropy: {class_weights: [" + weights_to_text(weights) + "]}}"});
  train(written, RunFolder(folder / "written"), false);
  EXPECT_TRUE(same_tensors(folder / "whole" / "last.safetensors", folder / "written" / "last.safetensors"));
  train_with_stops(recipe, RunFolder(folder / "stopped"), 5);
  EXPECT_TRUE(same_tensors(folder / "whole" / "last.safetensors", folder / "stopped" / "last.safetensors"));
}

TEST(ClassWeightsInTraining, NeedALossThatTakesThem) {
  const std::vector<Component> lovasz = {{"lovasz", losses().resolve("lovasz", {})}};
  try {
    with_class_weights(lovasz, {1, 2});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("none of the losses takes class weights (lovasz)"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace nadir
