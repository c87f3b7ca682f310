#include "nadir/loss.h"
#include "nadir/model.h"
#include "nadir/train.h"
#include "train/checkpoint_interval.h"
#include "train/diffusion/denoising.h"
#include "train/diffusion/diffusion_network.h"
#include "train/monitor.h"

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
  visit.field("class_weights", class_weights,
              {"none", "inverse_frequency", "median_frequency", "effective_number"});
  visit.field("score_training_part", score_training_part);
  visit.field("samples", samples, at_least(0));
  visit.field("early_stop", early_stop);
  visit.field("average", average);
  visit.field("phases", phases);
}

namespace {

void check_phases(const std::vector<PhaseConfig>& phases, std::int64_t epochs) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const bool last = i + 1 == phases.size();
    if (!phases[i].epochs && !last)
      throw ConfigError("train.phases." + std::to_string(i) +
                        ": 'epochs' is missing; only the last may leave it out");
    sum += phases[i].epochs.value_or(1);
    if (!phases[i].only.empty() && !phases[i].freeze.empty())
      throw ConfigError("train.phases." + std::to_string(i) +
                        ": 'freeze' says what stays and 'only' what learns; give one of them");
    if (phases[i].unfreeze_from && phases[i].freeze.empty())
      throw ConfigError("train.phases." + std::to_string(i) +
                        ": unfreeze_from needs 'freeze', the part it is about");
  }
  const bool open = !phases.empty() && !phases.back().epochs;
  if (phases.empty() || sum == epochs || (open && sum <= epochs)) return;
  throw ConfigError("train.phases have " + std::to_string(sum) + " epochs, train.epochs is " +
                    std::to_string(epochs) + "; make them equal, or leave out 'epochs' of the last phase");
}

}  // namespace

void PhaseConfig::fields(FieldVisitor& visit) {
  visit.field("epochs", epochs, at_least(1));
  visit.field("freeze", freeze);
  visit.field("only", only);
  visit.field("unfreeze_from", unfreeze_from, at_least(0));
  visit.field("lr", lr, above(0));
  visit.field("fresh_optimizer", fresh_optimizer);
}

void TrainConfig::validate() const {
  parse_checkpoint_interval(checkpoint_every);
  check_phases(phases, epochs);
}

void TrackConfig::fields(FieldVisitor& visit) {
  visit.field("tensorboard", tensorboard);
  visit.field("mlflow", mlflow);
  visit.field("experiment", experiment);
}

void DataConfig::fields(FieldVisitor& visit) {
  visit.component("source", source, sources());
  visit.field("split", split);
  visit.component("sampler", sampler, samplers());
  visit.component("eval_sampler", eval_sampler, samplers());
  visit.field("labels", labels);
  visit.field("normalize", normalize);
  visit.components("augment", augment, transforms());
  visit.components("augment_batch", augment_batch, batch_transforms());
  visit.field("cache", cache);
}

void Recipe::fields(FieldVisitor& visit) {
  visit.field("name", name);
  visit.field("task", task,
              {"multiclass", "multilabel", "classification", "multilabel_classification", "generation"});
  visit.field("classes", classes);
  visit.field("data", data);
  const bool generates = task == "generation";
  const auto catalog = [&](const ComponentCatalog& usual,
                           const ComponentCatalog& own) -> const ComponentCatalog& {
    return generates ? own : usual;
  };
  visit.component("model", model, catalog(models(), diffusion_models()));
  visit.components("loss", loss, catalog(losses(), denoising_losses()), "weight");
  visit.component("optimizer", optimizer, optimizers());
  visit.component("schedule", schedule, schedules());
  visit.field("train", train);
  visit.field("track", track);
}

namespace {

void require(const Component& component, const char* key, const char* example) {
  if (!component.name.empty()) return;
  throw ConfigError(std::string("'") + key + "' is missing; for example " + key + ": " + example);
}

}  // namespace

std::string default_monitor(const std::string& task) {
  if (task == "generation") return "loss";
  return labels_images(parse_task(task)) ? "macro_f1" : "mean_iou";
}

void Recipe::validate() const {
  train.validate();
  const bool generates = task == "generation";
  if (generates && !classes.empty()) {
    throw ConfigError("classes: task generation has none; what an image shows is in its caption");
  }
  if (!generates && classes.size() < (is_multilabel(parse_task(task)) ? 1U : 2U)) {
    throw ConfigError("'classes' lists " + std::to_string(classes.size()) +
                      "; for example classes: " + "[{name: land}, {name: water}]");
  }
  std::vector<ClassInfo> complete = classes;
  complete_classes(complete);
  const bool is_url = track.mlflow.starts_with("http://") || track.mlflow.starts_with("https://");
  if (!track.mlflow.empty() && !is_url) {
    throw ConfigError("track.mlflow: '" + track.mlflow +
                      "' is not the address of a server; for example http://localhost:5000");
  }
  if (data.labels.from == "masks") make_mask_labels(data.labels, {parse_task(task), complete});
  require(data.source, "data.source", "{raster_pairs: {images: scenes/*.tif, masks: masks/*.tif}}");
  require(data.sampler, "data.sampler", "{random_patch: {size: 128}}");
  require(model, "model", "{unet: {start: 32}}");
  require(optimizer, "optimizer", "{adamw: {lr: 1e-3}}");
  if (generates && loss.empty()) throw ConfigError("'loss' is missing; for example loss: denoising");
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
