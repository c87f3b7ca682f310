// What happens beside the steps: patience, averages, the best few, and that all of it survives a stop.
#include "train/callback.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "train/callbacks/early_stop.h"
#include "train/run_comparison.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

struct Stop {
  std::int64_t epoch = 0;  // 0: never
  std::int64_t best = 0;
};

Stop stop_of(const std::vector<double>& scores, const EarlyStopConfig& config) {
  Patience patience(config, Monitor("val/loss", "auto", "val"));
  for (std::size_t i = 0; i < scores.size(); ++i) {
    patience.observe(scores[i]);
    if (patience.lost()) return {static_cast<std::int64_t>(i) + 1, patience.best_epoch()};
  }
  return {0, patience.best_epoch()};
}

Stop expected_stop(const nlohmann::json& json) {
  const auto& epoch = json.at("stops after epoch (from 1)");
  return {epoch.is_null() ? 0 : epoch.get<std::int64_t>(),
          json.at("best epoch (from 1)").get<std::int64_t>()};
}

void expect_stop(const Stop& found, const Stop& expected, const std::string& what) {
  EXPECT_EQ(found.epoch, expected.epoch) << what;
  EXPECT_EQ(found.best, expected.best) << what;
}

TEST(PatienceTest, StopsWhereKerasDoes) {
  const auto golden = golden::read(golden::folder() / "optim.json").at("early_stopping");
  const auto& made = golden.at("case");
  const auto scores = made.at("metric").get<std::vector<double>>();
  expect_stop(stop_of(scores, {.patience = 3}), expected_stop(made.at("patience 3")), "patience 3");
  expect_stop(stop_of(scores, {.patience = 5}), expected_stop(made.at("patience 5")), "patience 5");
  expect_stop(stop_of(scores, {.patience = 5, .min_delta = 0.01}),
              expected_stop(made.at("patience 5, min_delta 0.01")), "min_delta");
  for (const auto& [name, run] : golden.at("printed val_loss of seed 003").items()) {
    const auto patience = run.at("patience written in the study").get<std::int64_t>();
    expect_stop(stop_of(run.at("val_loss").get<std::vector<double>>(), {.patience = patience}),
                expected_stop(run.at("with it")), name);
  }
}

TEST(PatienceTest, Study000LooksAtTheScoreBeforeTheLastOnes) {
  EarlyStopConfig config{.patience = 2, .rule = "study000"};
  Patience patience(config, Monitor("val/mean_pr_auc", "auto", "val"));
  std::vector<bool> lost;
  for (const double score : {0.5, 0.7, 0.6, 0.65, 0.66}) {
    patience.observe(score);
    lost.push_back(patience.lost());
  }
  EXPECT_EQ(lost, (std::vector<bool>{false, false, false, true, false}));
}

TEST(MonitorTest, NamesItsPartAndWhichWayIsBetter) {
  EXPECT_EQ(Monitor("mean_iou", "auto", "val").column(), "val/mean_iou");
  EXPECT_EQ(Monitor("train/loss", "auto", "val").column(), "train/loss");
  EXPECT_EQ(Monitor("iou/water", "auto", "train").column(), "train/iou/water");
  EXPECT_TRUE(Monitor("loss", "auto", "val").lower_is_better());
  EXPECT_FALSE(Monitor("kappa", "auto", "val").lower_is_better());
  EXPECT_TRUE(Monitor("kappa", "min", "val").lower_is_better());
}

TEST(CallbackTest, TheAverageIsWhatIsScoredAndSaved) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 1;
  const RunFolder plain(folder / "plain"), averaged(folder / "averaged");
  train(recipe, plain, false);
  recipe.train.average.decay = 0.9;
  const TrainResult result = train(recipe, averaged, false);
  // The network itself learns alike, and the checkpoint holds both.
  std::map<std::string, torch::Tensor> state;
  for (auto& [name, tensor] : read_safetensors(checkpoint_file(averaged)).tensors) state[name] = tensor;
  for (const auto& [name, tensor] : load_tensors(plain.last())) {
    EXPECT_TRUE(torch::equal(tensor, state.at("model/" + name))) << name;
  }
  for (const auto& [name, tensor] : load_tensors(averaged.last())) {
    if (!tensor.is_floating_point()) continue;
    EXPECT_TRUE(torch::equal(tensor, state.at("callback/weight_average/" + name))) << name;
    EXPECT_FALSE(torch::equal(tensor, state.at("model/" + name))) << name;
  }
  const LoadedModel model = load_model(averaged.best());
  const PreparedData data = prepare_data(recipe);
  const Evaluation val =
      evaluate(*model.model, model.card.normalization, *data.val, data.labels, recipe.train);
  EXPECT_EQ(scores(val.scores.matrix()).mean_iou, result.best_score);
}

TEST(CallbackTest, KeepsTheBestFew) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 4;
  recipe.train.keep_best = 2;
  const RunFolder run(folder / "run");
  const TrainResult result = train(recipe, run, false);
  std::vector<std::pair<double, std::string>> ranked;
  for (const EpochRecord& each : result.epochs) {
    const std::string file = "epoch-000" + std::to_string(each.epoch) + ".safetensors";
    ranked.emplace_back(-value_of(each, "val/mean_iou"), file);
  }
  std::sort(ranked.begin(), ranked.end());
  for (std::size_t i = 0; i < ranked.size(); ++i) {
    EXPECT_EQ(std::filesystem::exists(run.path() / "best" / ranked[i].second), i < 2) << ranked[i].second;
  }
  EXPECT_TRUE(same_tensors(run.best(), run.path() / "best" / ranked[0].second));
}

TEST(CallbackTest, AnEarlyStopCanRestoreTheBestWeights) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 9;
  recipe.train.early_stop = {
      .patience = 2, .min_delta = 0.0, .monitor = "loss", .mode = "max", .restore_best = true};
  const RunFolder run(folder / "run");
  const TrainResult result = train(recipe, run, false);
  ASSERT_TRUE(result.stopped_early);
  const std::int64_t best = static_cast<std::int64_t>(result.epochs.size()) - 2;
  EXPECT_EQ(read_model_card(run.last()).training.at("epochs"), std::to_string(best));
  EXPECT_EQ(read_model_card(run.last()).scores.at("val/loss"),
            value_of(result.epochs[static_cast<std::size_t>(best - 1)], "val/loss"));
}

TEST(CallbackTest, EverythingAtOnceSurvivesStops) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 3;
  recipe.train.accumulate = 2;
  recipe.train.clip_norm = 1;
  recipe.train.keep_best = 2;
  recipe.train.average.decay = 0.95;
  recipe.train.precision = "fp16";
  recipe.train.loss_scale = {.initial = 1024, .interval = 3};
  recipe.train.score_training_part = true;
  recipe.train.checkpoint_every = "2 steps";
  recipe.train.metrics = {{"rank_curves", metrics().resolve("rank_curves", {})},
                          {"boundary_f1", metrics().resolve("boundary_f1", {})},
                          {"study002.overlap", metrics().resolve("study002.overlap", {})}};
  recipe.train.early_stop = {.patience = 3, .monitor = "train_part/loss"};
  const RunFolder whole(folder / "whole"), stopped(folder / "stopped");
  const TrainResult expected = train(recipe, whole, false);
  const TrainResult found = train_with_stops(recipe, stopped, 5);
  EXPECT_TRUE(same_tensors(whole.last(), stopped.last()));
  EXPECT_TRUE(same_tensors(whole.best(), stopped.best()));
  EXPECT_TRUE(same_tensors(checkpoint_file(whole), checkpoint_file(stopped)));
  ASSERT_EQ(found.epochs.size(), expected.epochs.size());
  for (std::size_t i = 0; i < found.epochs.size(); ++i) {
    EXPECT_EQ(untimed(found.epochs[i]), untimed(expected.epochs[i])) << "epoch " << i;
  }
}

TEST(CallbackTest, AccumulatedBatchesAreOneLargeBatch) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 1;
  recipe.train.batch_size = 16;
  // No batch norm, whose statistics are of a batch, and a loss that is a mean over images.
  recipe.model = {"unet6", models().resolve("unet6", parse_yaml("{levels: 2, start: 4, dropout: 0, "
                                                                "bridge_dropout: 0}",
                                                                "test"))};
  recipe.loss = {{"cross_entropy", losses().resolve("cross_entropy", {})}};
  recipe.optimizer = {"sgd", optimizers().resolve("sgd", parse_yaml("lr: 0.1", "test"))};
  train(recipe, RunFolder(folder / "large"), false);
  recipe.train.batch_size = 8;
  recipe.train.accumulate = 2;
  train(recipe, RunFolder(folder / "small"), false);
  const auto large = load_tensors(folder / "large" / "last.safetensors");
  const auto small = load_tensors(folder / "small" / "last.safetensors");
  for (std::size_t i = 0; i < large.size(); ++i) {
    EXPECT_TRUE(torch::allclose(large[i].second, small[i].second, 1e-4, 1e-6)) << large[i].first;
  }
}

}  // namespace
}  // namespace nadir
