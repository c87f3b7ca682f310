#include <gtest/gtest.h>

#include <fstream>

#include "train/checkpoint_interval.h"
#include "train/run_comparison.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

std::string error_of(const std::function<void()>& job) {
  try {
    job();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TrainerTest, LearnsWhatCanBeLearntAndFillsTheRunFolder) {
  const TemporaryFolder folder;
  const Recipe recipe = small_recipe(folder);
  const RunFolder run(folder / "run");
  const TrainResult result = train(recipe, run, false);
  ASSERT_EQ(result.epochs.size(), 3U);
  EXPECT_GT(result.best_score, 0.8);
  for (const auto& file : {run.recipe(), run.split(), run.best(), run.last(), run.metrics_csv(), run.log()}) {
    EXPECT_TRUE(std::filesystem::exists(file)) << file;
  }
  EXPECT_EQ(read_epochs(run).size(), 3U);
  Recipe resolved = recipe;
  resolved.train.monitor = "mean_iou";  // was auto
  EXPECT_EQ(recipe_to_yaml(read_recipe(run.recipe())), recipe_to_yaml(resolved));

  // What was saved is what was scored.
  const LoadedModel model = load_model(run.best());
  const PreparedData data = prepare_data(recipe);
  const Evaluation val =
      evaluate(*model.model, model.card.normalization, *data.val, data.labels, recipe.train);
  EXPECT_EQ(scores(val.scores.matrix()).mean_iou, result.best_score);
  EXPECT_EQ(model.card.scores.at("val/mean_iou"), result.best_score);
  EXPECT_EQ(model.card.tile, 16);
}

TEST(TrainerTest, AnInterruptedRunEndsWithTheSameWeightsBitForBit) {
  const TemporaryFolder folder;
  const Recipe recipe = small_recipe(folder);
  const RunFolder whole(folder / "whole");
  const TrainResult uninterrupted = train(recipe, whole, false);
  for (const int stop_after : {1, 5, 7, 12}) {
    const RunFolder run(folder / ("stopped" + std::to_string(stop_after)));
    const TrainResult result = train_with_stops(recipe, run, stop_after);
    EXPECT_TRUE(same_tensors(whole.last(), run.last())) << "stopped every " << stop_after;
    EXPECT_TRUE(same_tensors(whole.best(), run.best())) << "stopped every " << stop_after;
    ASSERT_EQ(result.epochs.size(), uninterrupted.epochs.size());
    for (std::size_t i = 0; i < result.epochs.size(); ++i) {
      EXPECT_EQ(untimed(result.epochs[i]), untimed(uninterrupted.epochs[i])) << "epoch " << i;
    }
  }
}

TEST(TrainerTest, FirstWeightsAreReadOnceAndNotNeededAgain) {
  const TemporaryFolder folder;
  torch::manual_seed(3);
  const auto donor = models().make("unet", parse_yaml("{start: 4}", "test"), {.bands = 3, .classes = 2});
  write_weights(folder / "first.pth", named_state(*donor));
  const std::vector<std::string> with_file = {"model.unet.weights=" + (folder / "first.pth").string(),
                                              "train.epochs=1"};
  small_recipe(folder);
  const Recipe recipe = read_recipe(folder / "small.yaml", with_file);
  const RunFolder whole(folder / "whole"), run(folder / "run");
  train(recipe, whole, false);
  EXPECT_NE(read_text_file(whole.log()).find("first.pth (PyTorch, zip)"), std::string::npos);

  Stopper stopper("epoch", 2);
  EXPECT_THROW(train(recipe, run, false, stopper), Interrupted);
  clear_stop();
  std::filesystem::remove(folder / "first.pth");
  train(recipe, run, true);
  EXPECT_TRUE(same_tensors(whole.last(), run.last()));
  EXPECT_NO_THROW(load_model(run.best()));
}

TEST(TrainerTest, AStopWhileEvaluatingLosesNothing) {
  const TemporaryFolder folder;
  const Recipe recipe = small_recipe(folder);
  train(recipe, RunFolder(folder / "whole"), false);
  Stopper stopper("evaluate", 1);
  EXPECT_THROW(train(recipe, RunFolder(folder / "stopped"), false, stopper), Interrupted);
  clear_stop();
  train(recipe, RunFolder(folder / "stopped"), true);
  EXPECT_TRUE(same_tensors(folder / "whole" / "last.safetensors", folder / "stopped" / "last.safetensors"));
  EXPECT_EQ(untimed(read_epochs(RunFolder(folder / "whole")).front()),
            untimed(read_epochs(RunFolder(folder / "stopped")).front()));
}

TEST(TrainerTest, AScheduleThatWatchesTheScoreIsResumedToo) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  // Its best score is infinite until the first epoch ends, which is when this run is stopped.
  recipe.schedule = {"reduce_on_plateau",
                     schedules().resolve("reduce_on_plateau", parse_yaml("patience: 0", "test"))};
  train(recipe, RunFolder(folder / "whole"), false);
  Stopper stopper("epoch", 3);
  EXPECT_THROW(train(recipe, RunFolder(folder / "stopped"), false, stopper), Interrupted);
  clear_stop();
  train(recipe, RunFolder(folder / "stopped"), true);
  EXPECT_TRUE(same_tensors(folder / "whole" / "last.safetensors", folder / "stopped" / "last.safetensors"));
}

TEST(TrainerTest, LoaderThreadsChangeNothing) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 1;
  recipe.train.loader_threads = 0;
  train(recipe, RunFolder(folder / "none"), false);
  recipe.train.loader_threads = 3;
  train(recipe, RunFolder(folder / "three"), false);
  EXPECT_TRUE(same_tensors(folder / "none" / "last.safetensors", folder / "three" / "last.safetensors"));
}

TEST(TrainerTest, AnotherSeedGivesOtherWeights) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 1;
  train(recipe, RunFolder(folder / "a"), false);
  recipe.train.seed = 12;
  train(recipe, RunFolder(folder / "b"), false);
  EXPECT_FALSE(same_tensors(folder / "a" / "last.safetensors", folder / "b" / "last.safetensors"));
}

TEST(TrainerTest, ALossThatIsNotFiniteStopsWithStepRateAndSamples) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.optimizer.options.set("lr", ConfigNode::scalar("1e30"));
  recipe.schedule = {"constant", schedules().resolve("constant", {})};
  const std::string message = error_of([&] { train(recipe, RunFolder(folder / "run"), false); });
  EXPECT_NE(message.find("the loss became"), std::string::npos) << message;
  EXPECT_NE(message.find("at step "), std::string::npos) << message;
  EXPECT_NE(message.find("learning rate 1e+30"), std::string::npos) << message;
  EXPECT_NE(message.find("a[rows"), std::string::npos) << message;
  const std::filesystem::path evidence = folder / "run" / "evidence";
  ASSERT_FALSE(std::filesystem::is_empty(evidence));
  const SafeTensors kept = read_safetensors(std::filesystem::directory_iterator(evidence)->path());
  EXPECT_EQ(kept.metadata.at("learning_rate"), "1e+30");
  EXPECT_NE(kept.metadata.at("weights_not_finite"), "");
  EXPECT_EQ(kept.tensors[0].second.sizes().vec(), (std::vector<std::int64_t>{8, 3, 16, 16}));
}

TEST(TrainerTest, StopsEarlyWhenNothingGetsBetter) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 30;
  recipe.train.early_stop = {.patience = 2, .min_delta = 1.0};  // no gain is ever enough
  const TrainResult result = train(recipe, RunFolder(folder / "run"), false);
  EXPECT_TRUE(result.stopped_early);
  EXPECT_EQ(result.epochs.size(), 3U);
}

TEST(TrainerTest, ARunFolderIsNeverOverwritten) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 1;
  const RunFolder run(folder / "run");
  EXPECT_NE(error_of([&] { train(recipe, run, true); }).find("no state to resume from"), std::string::npos);
  train(recipe, run, false);
  EXPECT_NE(error_of([&] { train(recipe, run, false); }).find("holds a run already"), std::string::npos);
  recipe.train.batch_size = 4;
  EXPECT_NE(error_of([&] { train(recipe, run, true); }).find("the recipe is not the one"), std::string::npos);
}

TEST(TrainerTest, AnUnknownMonitorNamesTheKnownOnes) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 1;
  recipe.train.monitor = "mean_iuo";
  const std::string message = error_of([&] { train(recipe, RunFolder(folder / "run"), false); });
  EXPECT_NE(message.find("did you mean 'mean_iou'"), std::string::npos) << message;
}

TEST(TrainerTest, Bf16TrainsWithFloat32MasterWeights) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.precision = "bf16";
  const RunFolder run(folder / "run");
  EXPECT_GT(train(recipe, run, false).best_score, 0.7);
  for (const auto& [name, tensor] : read_safetensors(run.last()).tensors) {
    if (tensor.is_floating_point()) EXPECT_EQ(tensor.scalar_type(), torch::kFloat32) << name;
  }
}

TEST(TrainerTest, LearnsSeveralLabelsOfAPixel) {
  const TemporaryFolder folder;
  const Recipe recipe = labels_recipe(folder);
  const RunFolder run(folder / "run");
  const TrainResult result = train(recipe, run, false);
  EXPECT_GT(result.best_score, 0.75);
  for (const char* column : {"val/iou/bright", "val/pr_auc/striped", "val/mean_pr_auc", "val/roc_auc/bright",
                             "val/competition_dice", "val/precision/striped"}) {
    EXPECT_GT(value_of(result.epochs.back(), column), 0.6) << column;
  }
  EXPECT_EQ(load_model(run.best()).card.task, Task::kMultilabel);
  train_with_stops(recipe, RunFolder(folder / "stopped"), 7);
  EXPECT_TRUE(same_tensors(run.last(), folder / "stopped" / "last.safetensors"));
  EXPECT_EQ(untimed(read_epochs(run).back()), untimed(read_epochs(RunFolder(folder / "stopped")).back()));
}

TEST(TrainerTest, ThresholdsDecideWhatIsThere) {
  const TemporaryFolder folder;
  Recipe recipe = labels_recipe(folder);
  recipe.train.epochs = 1;
  recipe.train.thresholds = {0.0, 1.0};  // all of the first class, nearly nothing of the second
  const RunFolder run(folder / "run");
  const TrainResult result = train(recipe, run, false);
  EXPECT_EQ(value_of(result.epochs.back(), "val/recall/bright"), 1);
  EXPECT_LT(value_of(result.epochs.back(), "val/recall/striped"), 0.01);
  recipe.train.thresholds = {0.1, 0.2, 0.3};
  EXPECT_NE(error_of([&] { train(recipe, RunFolder(folder / "other"), false); }).find("3 for 2 classes"),
            std::string::npos);
}

TEST(RecipeTest, IntervalsOfCheckpointsHaveUnits) {
  EXPECT_EQ(parse_checkpoint_interval("epoch").steps, 0);
  EXPECT_EQ(parse_checkpoint_interval("200 steps").steps, 200);
  EXPECT_EQ(parse_checkpoint_interval("1.5 minutes").seconds, 90);
  for (const char* wrong : {"", "200", "steps", "0 steps", "1.5 steps", "5 parsecs", "5 minutes late"}) {
    EXPECT_THROW(parse_checkpoint_interval(wrong), ConfigError) << wrong;
  }
}

TEST(RecipeTest, MistakesNameFileLineAndField) {
  const TemporaryFolder folder;
  small_recipe(folder);
  const auto with = [&](const std::string& override_text) {
    return error_of([&] { read_recipe(folder / "small.yaml", {override_text}); });
  };
  EXPECT_NE(with("train.epoch=3").find("unknown setting 'epoch'; did you mean 'epochs'?"), std::string::npos);
  EXPECT_NE(with("model=unte").find("did you mean 'unet'?"), std::string::npos);
  EXPECT_NE(with("train.checkpoint_every=often").find("200 steps"), std::string::npos);
  EXPECT_NE(with("task=classify").find("multilabel_classification"), std::string::npos);
  EXPECT_NE(with("loss={}").find("'loss' is missing"), std::string::npos);
  EXPECT_NE(with("classes=[{name: a}]").find("'classes' lists 1"), std::string::npos);
  EXPECT_NE(error_of([&] { read_recipe(folder / "none.yaml"); }).find("no such file"), std::string::npos);
}

}  // namespace
}  // namespace nadir
