#include "train/trainer.h"

#include "core/text.h"
#include "data/pixel_types.h"
#include "models/initial_weights.h"
#include "models/placement.h"
#include "models/precision.h"
#include "nadir/nadir.h"
#include "train/batch_input.h"
#include "train/optimizers/clip.h"
#include "train/run_records.h"

namespace nadir {
namespace {

std::uint64_t seed_of(const Recipe& recipe) { return static_cast<std::uint64_t>(recipe.train.seed); }

// The recipe without what may differ between a run and its continuation.
std::string comparable(Recipe recipe) {
  recipe.train.device = "";
  recipe.train.loader_threads = 0;
  return recipe_to_yaml(recipe);
}

torch::ScalarType pixel_type_of(const Source& source) {
  return source.read(0, {0, 0, 1, 1}).image.scalar_type();
}

ModelCard make_card(const Recipe& recipe, const PreparedData& data, const Normalization& normalization,
                    torch::ScalarType type) {
  ModelCard card;
  card.nadir_version = version();
  card.architecture = recipe.model;
  card.task = data.labels.task;
  card.classes = data.labels.classes;
  card.bands = data.source->band_names();
  card.band_numbers = data.source->band_numbers();
  card.pixel_type = pixel_type_name(type);
  card.normalization = normalization;
  card.tile = data.patch;
  card.resolution = data.source->scenes().front().resolution;
  card.training = {{"recipe", recipe.name}, {"seed", std::to_string(recipe.train.seed)}};
  return card;
}

}  // namespace

Trainer::Trainer(const Recipe& recipe, const RunFolder& run, ProgressObserver& observer)
    : recipe_(recipe),
      run_(run),
      log_(run, observer),
      device_(choose_device(recipe.train.device)),
      loss_(recipe.loss, {parse_task(recipe.task), static_cast<std::int64_t>(recipe.classes.size())}),
      schedule_(schedules().make(recipe.schedule, {.epochs = static_cast<double>(recipe.train.epochs),
                                                   .higher_is_better = recipe.train.monitor != "loss"})) {}

TrainResult Trainer::run(bool resume) {
  if (resume) {
    restore(read_checkpoint(run_));
  } else {
    begin();
  }
  while (!state_.finished) train_epoch();
  return {state_.epochs, state_.best_epoch, state_.best_score, state_.stopped_early};
}

void Trainer::begin() {
  data_ = prepare_data(recipe_);
  const torch::ScalarType type = pixel_type_of(*data_.source);
  const auto classes = static_cast<std::int64_t>(recipe_.classes.size());
  const BandStats stats = band_statistics(*data_.source, data_.split.train, classes, log_);
  build(recipe_.model, make_normalization(recipe_.data.normalize, stats, type), type);
  state_.matrix = ConfusionMatrix(classes);
  const ParameterCount count = count_parameters(*model_);
  log_.message("training " + recipe_.name + ": " + recipe_.model.name + ", " + with_thousands(count.total) +
               " parameters, " + counted(data_.train->size(), "patch", "patches") + " an epoch, " +
               counted(recipe_.train.epochs, "epoch") + ", on " + device_.str());
  write_file_atomically(run_.recipe(), recipe_to_yaml(recipe_));
  write_file_atomically(run_.split(), split_to_json(data_.split, data_.source->scenes()));
  save();  // so that a run killed in its first epoch can be resumed too
}

void Trainer::restore(const Checkpoint& checkpoint) {
  Recipe stored =
      read_config<Recipe>(parse_yaml(checkpoint.recipe, checkpoint_file(run_).string()), "recipe");
  if (comparable(stored) != comparable(recipe_)) {
    throw ConfigError(run_.path().string() +
                      ": the recipe is not the one that this run began with; resume without " +
                      "changes, or train to another folder");
  }
  data_ = prepare_data(recipe_, run_.split());
  const ModelCard card = card_from_json(checkpoint.card);
  build(without_weights(recipe_.model), card.normalization, pixel_type_of(*data_.source));
  load_state(*model_, checkpoint.model, checkpoint_file(run_).string());
  optimizer_->load_state(checkpoint.optimizer);
  state_ = checkpoint.state;
  schedule_->load_state(state_.schedule);
  log_.message("resuming " + recipe_.name + " at epoch " + std::to_string(state_.epoch + 1) + ", batch " +
               std::to_string(state_.batch + 1));
}

void Trainer::build(const Component& model, const Normalization& normalization,
                    torch::ScalarType pixel_type) {
  card_ = make_card(recipe_, data_, normalization, pixel_type);
  torch::manual_seed(RandomStream(seed_of(recipe_)).child("weights").next());
  model_ = models().make(model, {static_cast<std::int64_t>(card_.bands.size()),
                                 static_cast<std::int64_t>(card_.classes.size()), &log_});
  place_model(*model_, device_, recipe_.train.channels_last);
  NamedTensors parameters;
  for (const auto& [name, tensor] : named_state(*model_)) {
    if (tensor.requires_grad()) parameters.emplace_back(name, tensor);
  }
  optimizer_ = optimizers().make(recipe_.optimizer, parameters);
  normalizer_.emplace(normalization);
  normalizer_->to(device_);
  loader_ = std::make_unique<Loader>(*data_.train,
                                     LoaderConfig{.batch_size = recipe_.train.batch_size,
                                                  .threads = recipe_.train.loader_threads,
                                                  .shuffle = true,
                                                  .pin_memory = device_.is_cuda()},
                                     seed_of(recipe_));
}

double Trainer::learning_rate(std::int64_t batch) const {
  const double position = static_cast<double>(state_.epoch) +
                          static_cast<double>(batch) / static_cast<double>(loader_->batches());
  return optimizer_->base_lr() * schedule_->factor(position);
}

double Trainer::epoch_seconds() const {
  return state_.epoch_seconds +
         std::chrono::duration<double>(std::chrono::steady_clock::now() - epoch_start_).count();
}

void Trainer::train_epoch() {
  model_->train();
  epoch_start_ = std::chrono::steady_clock::now();
  images_since_start_ = 0;
  loader_->start(state_.epoch, state_.batch);
  while (const auto batch = loader_->next()) {
    train_batch(*batch);
    report_progress(loader_->batches());
    if (stop_requested()) save_and_stop();
  }
  try {
    finish_epoch();
  } catch (const Interrupted&) {  // in the evaluation: its epoch of training is not lost
    save_and_stop();
  }
}

void Trainer::save_and_stop() {
  state_.epoch_seconds = epoch_seconds();
  save();
  throw Interrupted("stopped after " + counted(state_.step, "step") + "; go on with: nadir train --resume " +
                    run_.path().string());
}

torch::Tensor Trainer::forward_loss(const Batch& batch) {
  const NetworkInput input = make_input(batch, *normalizer_, device_, recipe_.train.channels_last);
  ModelOutput output;
  {
    const AutocastGuard autocast(recipe_.train.precision, device_);
    output = model_->forward(input.images);
  }
  state_.matrix.add(batch.targets, output.logits.detach().argmax(1).to(torch::kUInt8).cpu());
  return loss_(output.logits, input.targets, output.auxiliary, recipe_.train.auxiliary_weights);
}

void Trainer::train_batch(const Batch& batch) {
  if (!batch.targets.defined()) throw DataError(batch.ids.front() + ": has no labels to learn from");
  // Dropout's numbers belong to the step, so that a resumed run draws the same ones.
  torch::manual_seed(
      RandomStream(seed_of(recipe_)).child("step").child(static_cast<std::uint64_t>(state_.step)).next());
  const double lr = learning_rate(state_.batch);
  const torch::Tensor loss = forward_loss(batch);
  const auto value = loss.item<double>();
  refuse_bad_loss(value, lr, batch);
  optimizer_->zero_grad();
  loss.backward();
  if (recipe_.train.clip_norm > 0) clip_gradients(optimizer_->parameters(), recipe_.train.clip_norm);
  optimizer_->step(lr);

  const std::int64_t images = batch.images.size(0);
  state_.loss_sum += value * static_cast<double>(images);
  state_.images += images;
  images_since_start_ += images;
  ++state_.batch;
  ++state_.step;
}

void Trainer::refuse_bad_loss(double loss, double lr, const Batch& batch) const {
  if (std::isfinite(loss)) return;
  throw Error("the loss became " + shortest(loss) + " at step " + std::to_string(state_.step + 1) +
              " (epoch " + std::to_string(state_.epoch + 1) + ", batch " + std::to_string(state_.batch + 1) +
              "), learning rate " + shortest(lr) + ", samples " + join_words(batch.ids) +
              "; lower optimizer.lr, set train.clip_norm, or look at these samples. The weights of the epoch "
              "before " +
              "are in " + run_.last().string());
}

void Trainer::report_progress(std::int64_t batches) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - epoch_start_).count();
  const double rate = seconds > 0 ? static_cast<double>(images_since_start_) / seconds : 0;
  const std::int64_t left = (recipe_.train.epochs - state_.epoch) * data_.train->size() - state_.images;
  std::string text = "loss " + fixed(state_.loss_sum / static_cast<double>(state_.images), 4);
  text += "  accuracy " + fixed(scores(state_.matrix).pixel_accuracy, 3);
  text += "  " + fixed(rate, 1) + " images/s";
  if (rate > 0) text += "  " + human_seconds(static_cast<double>(left) / rate) + " left";
  log_.progress({"epoch " + std::to_string(state_.epoch + 1) + "/" + std::to_string(recipe_.train.epochs),
                 state_.batch, batches, text});
}

double Trainer::monitored(const EpochRecord& record) const {
  const std::string part = data_.val ? "val/" : "train/";
  std::vector<std::string> known;
  for (const auto& [name, value] : record.values) {
    if (name == part + recipe_.train.monitor) return value;
    if (name.starts_with(part)) known.push_back(name.substr(part.size()));
  }
  throw_unknown_name("train.monitor", recipe_.train.monitor, known, {});
}

bool Trainer::better(double score) const {
  // The first epoch's weights are the best so far whatever their score, even where it is not defined.
  if (state_.best_epoch == 0) return true;
  if (std::isnan(score)) return false;
  if (std::isnan(state_.best_score)) return true;
  const double gain = recipe_.train.monitor == "loss" ? state_.best_score - score : score - state_.best_score;
  return gain > recipe_.train.early_stop.min_delta;
}

EpochRecord Trainer::evaluate_epoch() {
  EpochRecord record{state_.epoch + 1, {}};
  const auto add = [&](const std::string& part, double loss, const ConfusionMatrix& matrix) {
    record.values.emplace_back(part + "loss", loss);
    for (const auto& [name, value] : named_scores(scores(matrix), class_names(recipe_.classes))) {
      record.values.emplace_back(part + name, value);
    }
  };
  const double train_seconds = epoch_seconds();
  add("train/", state_.loss_sum / static_cast<double>(state_.images), state_.matrix);
  if (data_.val) {
    const Evaluation val =
        evaluate(*model_, card_.normalization, *data_.val, data_.labels, recipe_.train, &loss_, log_);
    add("val/", val.loss, val.matrix);
  }
  record.values.emplace_back("lr", learning_rate(loader_->batches() - 1));
  record.values.emplace_back("images_per_second", static_cast<double>(images_since_start_) / train_seconds);
  record.values.emplace_back("loader_wait_share", loader_->seconds_waited() / train_seconds);
  record.values.emplace_back("seconds", epoch_seconds());
  return record;
}

void Trainer::finish_epoch() {
  EpochRecord record = evaluate_epoch();
  const double score = monitored(record);
  const bool is_best = better(score);
  if (is_best) {
    state_.best_epoch = record.epoch;
    state_.best_score = score;
  }
  card_.training["epochs"] = std::to_string(record.epoch);
  card_.scores.clear();
  for (const auto& [name, value] : record.values) {
    if (name.find('/') != std::string::npos) card_.scores[name] = value;
  }
  log_.message("epoch " + std::to_string(record.epoch) + "/" + std::to_string(recipe_.train.epochs) +
               "  loss " + fixed(state_.loss_sum / static_cast<double>(state_.images), 4) + "  " +
               (data_.val ? "val " : "train ") + recipe_.train.monitor + " " + fixed(score, 4) +
               (is_best ? " (best)" : "") + "  " + human_seconds(epoch_seconds()));
  schedule_->observe(score);
  state_.epochs.push_back(std::move(record));
  begin_next_epoch();
  // Best first: a run killed in between resumes before this epoch, and writes the same file again.
  if (is_best) save_model(run_.best(), *model_, card_);
  save();
}

void Trainer::begin_next_epoch() {
  ++state_.epoch;
  state_.batch = 0;
  state_.loss_sum = 0;
  state_.images = 0;
  state_.epoch_seconds = 0;
  state_.matrix = ConfusionMatrix(static_cast<std::int64_t>(recipe_.classes.size()));
  const std::int64_t patience = recipe_.train.early_stop.patience;
  state_.stopped_early = patience > 0 && state_.epoch - state_.best_epoch >= patience;
  state_.finished = state_.stopped_early || state_.epoch >= recipe_.train.epochs;
  if (state_.stopped_early) {
    log_.message("stopped early: no better " + recipe_.train.monitor + " for " + counted(patience, "epoch"));
  }
}

void Trainer::save() {
  state_.schedule = schedule_->state();
  save_model(run_.last(), *model_, card_);
  write_epochs(run_, state_.epochs);
  write_checkpoint(run_, {state_, named_state(*model_), optimizer_->state(), card_to_json(card_, -1),
                          recipe_to_yaml(recipe_)});
}

TrainResult train(const Recipe& recipe, const RunFolder& run, bool resume, ProgressObserver& observer) {
  const bool started = std::filesystem::exists(checkpoint_file(run));
  if (!resume && started) {
    throw ConfigError(run.path().string() + ": holds a run already; go on with it (nadir train --resume " +
                      run.path().string() + ") or train to another folder (--output)");
  }
  if (resume && !started) {
    throw ConfigError(run.path().string() + ": holds no state to resume from (state/checkpoint.safetensors)");
  }
  return Trainer(recipe, run, observer).run(resume);
}

}  // namespace nadir
