#include "nadir/loss.h"
#include "nadir/model.h"
#include "nadir/train.h"
#include "train/checkpoint_interval.h"

namespace nadir {

void EarlyStopConfig::fields(FieldVisitor& visit) {
  visit.field("patience", patience, at_least(0));
  visit.field("min_delta", min_delta, at_least(0));
  visit.field("monitor", monitor);
  visit.field("mode", mode, {"auto", "min", "max"});
  visit.field("rule", rule, {"best", "study000"});
  visit.field("restore_best", restore_best);
}

void AverageConfig::fields(FieldVisitor& visit) {
  visit.field("decay", decay, from_below(0, 1));
  visit.field("warm_up", warm_up);
}

void LossScaleConfig::fields(FieldVisitor& visit) {
  visit.field("initial", initial, above(0));
  visit.field("growth", growth, above(1));
  visit.field("backoff", backoff, {.low = 0, .high = 1, .low_open = true, .high_open = true});
  visit.field("interval", interval, at_least(1));
}

void TrainConfig::fields(FieldVisitor& visit) {
  visit.field("epochs", epochs, at_least(1));
  visit.field("batch_size", batch_size, at_least(1));
  visit.field("eval_batch_size", eval_batch_size, at_least(0));
  visit.field("accumulate", accumulate, at_least(1));
  visit.field("precision", precision, {"fp32", "bf16", "fp16"});
  visit.field("loss_scale", loss_scale);
  visit.field("seed", seed, at_least(0));
  visit.field("loader_threads", loader_threads, between(0, 64));
  visit.field("device", device);
  visit.field("channels_last", channels_last);
  visit.field("deterministic", deterministic);
  visit.field("clip_norm", clip_norm, at_least(0));
  visit.field("auxiliary_weights", auxiliary_weights, at_least(0));
  visit.components("metrics", metrics, nadir::metrics());
  visit.field("thresholds", thresholds, between(0, 1));
  visit.field("monitor", monitor);
  visit.field("mode", mode, {"auto", "min", "max"});
  visit.field("keep_best", keep_best, at_least(1));
  visit.field("checkpoint_every", checkpoint_every);
  visit.field("score_training_part", score_training_part);
  visit.field("samples", samples, at_least(0));
  visit.field("early_stop", early_stop);
  visit.field("average", average);
}

void TrainConfig::validate() const { parse_checkpoint_interval(checkpoint_every); }

void DataConfig::fields(FieldVisitor& visit) {
  visit.component("source", source, sources());
  visit.field("split", split);
  visit.component("sampler", sampler, samplers());
  visit.component("eval_sampler", eval_sampler, samplers());
  visit.field("normalize", normalize);
  visit.components("augment", augment, transforms());
}

void Recipe::fields(FieldVisitor& visit) {
  visit.field("name", name);
  visit.field("task", task, {"multiclass", "multilabel", "classification"});
  visit.field("classes", classes);
  visit.field("data", data);
  visit.component("model", model, models());
  visit.components("loss", loss, losses(), "weight");
  visit.component("optimizer", optimizer, optimizers());
  visit.component("schedule", schedule, schedules());
  visit.field("train", train);
}

namespace {

void require(const Component& component, const char* key, const char* example) {
  if (!component.name.empty()) return;
  throw ConfigError(std::string("'") + key + "' is missing; for example " + key + ": " + example);
}

}  // namespace

void Recipe::validate() const {
  if (task == "classification") {
    throw ConfigError("task: training of whole-image classes is not there yet; use multiclass or multilabel");
  }
  train.validate();
  if (classes.size() < (task == "multiclass" ? 2U : 1U)) {
    throw ConfigError("'classes' lists " + std::to_string(classes.size()) +
                      "; for example classes: " + "[{name: land}, {name: water}]");
  }
  std::vector<ClassInfo> complete = classes;
  complete_classes(complete);
  require(data.source, "data.source", "{raster_pairs: {images: scenes/*.tif, masks: masks/*.tif}}");
  require(data.sampler, "data.sampler", "{random_patch: {size: 128}}");
  require(model, "model", "{unet: {start: 32}}");
  require(optimizer, "optimizer", "{adamw: {lr: 1e-3}}");
  if (loss.empty()) throw ConfigError("'loss' is missing; for example loss: {cross_entropy: 1.0, dice: 1.0}");
}

Recipe read_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  ConfigNode root = read_yaml(file);
  for (const std::string& each : overrides) apply_override(root, each);
  auto recipe = read_config<Recipe>(root, "recipe");
  complete_classes(recipe.classes);
  if (recipe.name.empty()) recipe.name = file.stem().string();
  if (recipe.schedule.name.empty()) recipe.schedule = {"constant", schedules().resolve("constant", {})};
  return recipe;
}

std::string recipe_to_yaml(const Recipe& recipe) { return to_yaml(write_config(recipe)); }

}  // namespace nadir
