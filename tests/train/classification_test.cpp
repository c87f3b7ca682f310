// Whole images through the same trainer: labels from masks, class weights, calibration.
#include <gtest/gtest.h>

#include <cmath>

#include "train/image_outputs.h"
#include "train/run_comparison.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

// Patches of 16 pixels with a bright square in them, or without: what a mean of the image tells.
Recipe patches_recipe(const TemporaryFolder& folder, const std::vector<std::string>& more = {}) {
  small_recipe(folder);
  std::vector<std::string> overrides = {
      "task=classification",
      "data.labels={from: masks, rule: present, share: 0.2}",
      "model={vit_scratch: {image_size: [16, 16], patch: 8, width: 16, depth: 1, heads: 2, head_dropout: 0}}",
      "loss={cross_entropy: {label_smoothing: 0.05}}",
      "optimizer={adamw: {lr: 0.003}}",
      "train.epochs=4",
      "train.metrics=[{top_k: {k: 1}}]"};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return read_recipe(folder / "small.yaml", overrides);
}

TEST(ClassificationTest, LearnsLabelsFromMasksAndComesBackFromItsFile) {
  const TemporaryFolder folder;
  const Recipe recipe = patches_recipe(folder);
  const RunFolder run(folder / "run");
  const TrainResult result = train(recipe, run, false);
  EXPECT_EQ(read_recipe(run.recipe()).train.monitor, "macro_f1");
  const EpochRecord& last = result.epochs.back();
  EXPECT_LT(value_of(last, "train/loss"), value_of(result.epochs.front(), "train/loss"));
  EXPECT_GT(value_of(last, "val/accuracy"), 0.8);
  EXPECT_EQ(value_of(last, "val/top_1_accuracy"), value_of(last, "val/accuracy"));

  const LoadedModel model = load_model(run.best());
  EXPECT_EQ(model.card.task, Task::kClassification);
  const PreparedData data = prepare_data(recipe, run.split());
  std::vector<ImageOutputs> batches;
  const Evaluation val = evaluate(*model.model, model.card.normalization, *data.val, data.labels,
                                  recipe.train, nullptr, silent_observer(), collect_outputs(batches));
  EXPECT_EQ(val.scores.report().macro.f1, result.best_score);
  const ImageOutputs outputs = join_outputs(batches);
  EXPECT_EQ(outputs.logits.sizes(), (std::vector<std::int64_t>{data.val->size(), 2}));
  EXPECT_EQ(outputs.ids.front(), data.val->get(0, 0).id);
}

TEST(ClassificationTest, SeveralLabelsLearnFromMasksToo) {
  const TemporaryFolder folder;
  labels_recipe(folder);
  const Recipe recipe =
      patches_recipe(folder, {"task=multilabel_classification", "classes=[{name: bright}, {name: striped}]",
                              "data.source.prepared.file=" + (folder / "labels.safetensors").string(),
                              "data.labels={from: masks, masks: multilabel, share: [0.2, 0.5]}",
                              "loss={binary_cross_entropy: 1, focal: 0.5}", "train.metrics=[]",
                              "train.monitor=mean_pr_auc"});
  const TrainResult result = train(recipe, RunFolder(folder / "run"), false);
  const EpochRecord& last = result.epochs.back();
  EXPECT_GT(value_of(last, "val/pr_auc/striped"),
            value_of(result.epochs.front(), "val/pr_auc/striped") - 0.05);
  EXPECT_GT(value_of(last, "val/accuracy"), 0.7);
  EXPECT_TRUE(std::isfinite(value_of(last, "val/micro_f1")));
}

TEST(ClassificationTest, ClassWeightsCountImagesNotPixels) {
  const TemporaryFolder folder;
  const Recipe recipe = patches_recipe(folder, {"train.class_weights=inverse_frequency", "train.epochs=1"});
  const PreparedData data = prepare_data(recipe);
  const std::vector<std::int64_t> images = count_images(*data.train_plain, 2);
  EXPECT_EQ(images[0] + images[1], data.train_plain->size());
  train(recipe, RunFolder(folder / "run"), false);
  const ModelCard card = read_model_card(RunFolder(folder / "run").last());
  const auto all = static_cast<double>(images[0] + images[1]);
  const std::string& stored = card.training.at("class_weights");
  EXPECT_NEAR(std::stod(stored), all / 2 / static_cast<double>(images[0]), 1e-9);
  EXPECT_NEAR(std::stod(stored.substr(stored.find(", ") + 2)), all / 2 / static_cast<double>(images[1]),
              1e-9);
}

TEST(ClassificationTest, StopsAndResumesBitForBit) {
  const TemporaryFolder folder;
  const Recipe recipe = patches_recipe(folder, {"train.epochs=2"});
  train(recipe, RunFolder(folder / "whole"), false);
  const RunFolder parts(folder / "parts");
  train_with_stops(recipe, parts, 5);
  EXPECT_TRUE(same_tensors(folder / "whole" / "last.safetensors", parts.last()));
}

TEST(ClassificationTest, WhatCannotBeIsSaid) {
  const TemporaryFolder folder;
  EXPECT_THROW(patches_recipe(folder, {"data.labels.share=[0.1, 0.2, 0.3]"}), ConfigError);
  EXPECT_THROW(patches_recipe(folder, {"task=multiclass"}), ConfigError);
  const Recipe maps = patches_recipe(folder, {"train.metrics=[boundary_f1]"});
  EXPECT_THROW(train(maps, RunFolder(folder / "run"), false), ConfigError);
}

// Of two classes with logits (z, 0) and a share f that is of the first, the likeliest temperature T has
// sigmoid(z / T) = f: T = z / log(f / (1 - f)).
TEST(TemperatureTest, IsTheLikeliest) {
  ImageOutputs outputs;
  outputs.logits = torch::tensor({{4.F, 0.F}}).repeat({10, 1});
  outputs.targets = torch::tensor({0, 0, 0, 0, 0, 0, 0, 0, 1, 1});
  EXPECT_NEAR(fit_temperature(outputs), 4 / std::log(0.8 / 0.2), 1e-5);
  ImageOutputs labels;
  labels.logits = torch::full({10, 1}, 0.5F);
  labels.targets = torch::ones({10, 1}, torch::kUInt8);
  labels.targets[0][0] = 0;
  EXPECT_NEAR(fit_temperature(labels), 0.5 / std::log(9.0), 1e-5);
}

TEST(TemperatureTest, StaysFiniteWhereEveryImageIsRight) {
  ImageOutputs outputs;
  outputs.logits = torch::tensor({{2.F, 0.F}, {0.F, 3.F}});
  outputs.targets = torch::tensor({0, 1});
  const double found = fit_temperature(outputs);
  EXPECT_GE(found, 0.05 - 1e-12);
  EXPECT_LT(found, 1);
  outputs.targets.fill_(kIgnore);
  EXPECT_THROW(fit_temperature(outputs), DataError);
}

TEST(TemperatureTest, ChangesProbabilitiesNotClasses) {
  ImageOutputs outputs;
  outputs.logits = torch::tensor({{2.F, 1.F, 0.F}});
  outputs.targets = torch::tensor({1});
  EXPECT_NEAR(outputs.log_losses(2)[0].item<double>(),
              -torch::tensor({1.0, 0.5, 0.0}).log_softmax(0)[1].item<double>(), 1e-6);
  EXPECT_EQ(outputs.probabilities(5).argmax(1).item<std::int64_t>(), 0);
}

}  // namespace
}  // namespace nadir
