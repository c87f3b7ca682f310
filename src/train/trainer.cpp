#include "train/trainer.h"

#include "core/text.h"
#include "train/bad_loss.h"
#include "train/optimizers/clip.h"
#include "train/progress_text.h"
#include "train/run_records.h"
#include "train/run_setup.h"

namespace nadir {
namespace {

// The weights that count stand in the network while it lives.
class Scoring {
 public:
  Scoring(const std::vector<std::unique_ptr<Callback>>& callbacks, TrainingRun& run)
      : callbacks_(callbacks), run_(run) {
    for (const auto& each : callbacks_) each->before_scoring(run_);
  }
  ~Scoring() {
    for (auto each = callbacks_.rbegin(); each != callbacks_.rend(); ++each) (*each)->after_scoring(run_);
  }
  Scoring(const Scoring&) = delete;
  Scoring& operator=(const Scoring&) = delete;

 private:
  const std::vector<std::unique_ptr<Callback>>& callbacks_;
  TrainingRun& run_;
};

Recipe with_monitor(Recipe recipe) {
  if (recipe.train.monitor == "auto") recipe.train.monitor = default_monitor(recipe.task);
  return recipe;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Trainer::Trainer(const Recipe& recipe, const RunFolder& folder, ProgressObserver& observer)
    : recipe_(with_monitor(recipe)),
      log_(folder, observer),
      run_{.recipe = recipe_, .folder = folder, .log = log_, .device = choose_device(recipe.train.device)},
      determinism_(recipe.train.deterministic),
      objective_(make_objective(recipe)),
      monitor_(recipe_.train.monitor, recipe.train.mode, "val"),
      schedule_(schedules().make(recipe.schedule, {.epochs = static_cast<double>(recipe.train.epochs),
                                                   .higher_is_better = !monitor_.lower_is_better()})),
      scaler_(recipe.train.loss_scale, recipe.train.precision == "fp16", run_.device),
      clock_(parse_checkpoint_interval(recipe.train.checkpoint_every)) {}

TrainResult Trainer::run(bool resume) {
  if (resume) {
    restore(read_checkpoint(run_.folder));
  } else {
    begin();
  }
  while (!run_.state.finished) train_epoch();
  for (const auto& each : callbacks_) each->after_run(run_);
  objective_->export_model(run_.folder);  // of the weights that callbacks settled on
  const TrainState& state = run_.state;
  return {state.epochs, state.best_epoch, state.best_score, state.stopped_early};
}

void Trainer::begin() {
  run_.data = prepare_data(recipe_);
  run_.card = objective_->describe(run_.data, log_);
  for (const std::string& each : run_.data.source->remarks()) log_.warning(each);
  build(/*resumed=*/false);
  for (const auto& each : callbacks_) each->before_run(run_);
  const ParameterCount count = count_parameters(*run_.model);
  log_.message("training " + recipe_.name + ": " + recipe_.model.name + ", " + with_thousands(count.total) +
               " parameters, " + counted(run_.data.train->size(), "patch", "patches") + " an epoch, " +
               counted(recipe_.train.epochs, "epoch") + ", on " + run_.device.str());
  write_file_atomically(run_.folder.recipe(), recipe_to_yaml(recipe_));
  write_file_atomically(run_.folder.split(), split_to_json(run_.data.split, run_.data.source->scenes()));
  save_last();
  save_checkpoint();  // so that a run killed in its first epoch can be resumed too
}

void Trainer::restore(const Checkpoint& checkpoint) {
  const std::string file = checkpoint_file(run_.folder).string();
  const Recipe stored = read_config<Recipe>(parse_yaml(checkpoint.recipe, file), "recipe");
  if (!trains_alike(stored, recipe_)) {
    throw ConfigError(run_.folder.path().string() +
                      ": the recipe is not the one that this run began with; resume without " +
                      "changes, or train to another folder");
  }
  run_.data = prepare_data(recipe_, run_.folder.split());
  run_.card = card_from_json(checkpoint.card);
  build(/*resumed=*/true);
  load_state(*run_.model, checkpoint.model, file);
  run_.optimizer->load_state(checkpoint.optimizer);
  scaler_.load_state(checkpoint.loss_scale);
  run_.state = checkpoint.state;
  schedule_->load_state(run_.state.schedule);
  objective_->load_score_state(run_.state.scores);
  for (const auto& each : callbacks_) {
    const auto saved = checkpoint.callbacks.find(each->name());
    each->load_state(saved == checkpoint.callbacks.end() ? NamedTensors() : saved->second);
    each->before_run(run_);
  }
  log_.message("resuming " + recipe_.name + " at epoch " + std::to_string(run_.state.epoch + 1) + ", batch " +
               std::to_string(run_.state.batch + 1));
}

void Trainer::build(bool resumed) {
  run_.model = objective_->begin(
      {.data = run_.data, .card = run_.card, .device = run_.device, .resumed = resumed, .log = log_});
  run_.optimizer = make_optimizer(recipe_, *run_.model);
  loader_ = std::make_unique<Loader>(*run_.data.train,
                                     LoaderConfig{.batch_size = recipe_.train.batch_size,
                                                  .threads = recipe_.train.loader_threads,
                                                  .shuffle = true,
                                                  .pin_memory = run_.device.is_cuda()},
                                     seed_of(recipe_), run_.data.batch_transforms);
  const bool has_validation = run_.data.val != nullptr;
  monitor_ = Monitor(recipe_.train.monitor, recipe_.train.mode, has_validation ? "val" : "train");
  callbacks_ = make_callbacks(recipe_, has_validation);
  // A misspelt column is told now, not after an epoch.
  const std::vector<std::string> columns = score_columns(recipe_, run_.data, objective_->scores());
  monitor_.check(columns);
  for (const auto& each : callbacks_) each->check_columns(columns);
}

double Trainer::learning_rate(std::int64_t batch) const {
  const double position = static_cast<double>(run_.state.epoch) +
                          static_cast<double>(batch) / static_cast<double>(loader_->batches());
  return run_.optimizer->base_lr() * schedule_->factor(position) * run_.lr_factor;
}

double Trainer::epoch_seconds() const { return run_.state.epoch_seconds + seconds_since(epoch_start_); }

double Trainer::wait_seconds() const { return run_.state.wait_seconds + loader_->seconds_waited(); }

void Trainer::train_epoch() {
  run_.model->train();
  for (const auto& each : callbacks_) each->before_epoch(run_);
  epoch_start_ = std::chrono::steady_clock::now();
  images_since_start_ = 0;
  loader_->start(run_.state.epoch, run_.state.batch);
  while (auto batch = loader_->next()) {
    train_step(std::move(*batch));
    for (const auto& each : callbacks_) each->after_step(run_);
    report_progress();
    if (stop_requested()) save_and_stop();
    if (clock_.due(run_.state.step)) save_checkpoint();
  }
  try {
    finish_epoch();
  } catch (const Interrupted&) {  // in the evaluation: its epoch of training is not lost
    save_and_stop();
  }
}

// One step of the optimizer, from the gradients of as many batches as are accumulated.
void Trainer::train_step(Batch batch) {
  TrainState& state = run_.state;
  const double lr = learning_rate(state.batch);
  const std::int64_t parts = std::min(recipe_.train.accumulate, loader_->batches() - state.batch);
  run_.optimizer->zero_grad();
  run_.step_lr = lr;
  run_.step_loss = 0;
  for (std::int64_t part = 0; part < parts; ++part) {
    if (part > 0) batch = loader_->next().value();
    const double loss = train_batch(batch, part, parts, lr);
    const std::int64_t images = batch.images.size(0);
    run_.step_loss += loss / static_cast<double>(parts);
    state.loss_sum += loss * static_cast<double>(images);
    state.images += images;
    images_since_start_ += images;
    ++state.batch;
  }
  const bool finite = scaler_.unscale(run_.optimizer->parameters());
  if (finite) {
    if (recipe_.train.clip_norm > 0) clip_gradients(run_.optimizer->parameters(), recipe_.train.clip_norm);
    run_.optimizer->step(lr);
  }
  scaler_.update();
  ++state.step;
}

// Adds a batch's gradients to those that are there; gives its loss.
double Trainer::train_batch(const Batch& batch, std::int64_t part, std::int64_t parts, double lr) {
  // The numbers of dropout and noise belong to the step, so that a resumed run draws the same ones.
  RandomStream numbers = RandomStream(seed_of(recipe_))
                             .child("step")
                             .child(static_cast<std::uint64_t>(run_.state.step))
                             .child(static_cast<std::uint64_t>(part));
  torch::manual_seed(numbers.next());
  const auto [loss, output] = objective_->learn(*run_.model, batch);
  const auto value = loss.item<double>();
  refuse_bad_loss(run_, value, lr, batch, output);
  scaler_.scale(parts == 1 ? loss : loss / parts).backward();
  return value;
}

void Trainer::report_progress() {
  const TrainState& state = run_.state;
  log_.progress(
      {"epoch " + std::to_string(state.epoch + 1) + "/" + std::to_string(recipe_.train.epochs), state.batch,
       loader_->batches(),
       progress_text(
           {.loss = state.loss_sum / static_cast<double>(state.images),
            .scores = objective_->shown_scores(),
            .seconds = seconds_since(epoch_start_),
            .wait_seconds = loader_->seconds_waited(),
            .images = images_since_start_,
            .images_left = (recipe_.train.epochs - state.epoch) * run_.data.train->size() - state.images,
            .device = run_.device})});
}

EpochRecord Trainer::score_epoch() {
  const TrainState& state = run_.state;
  EpochRecord record{state.epoch + 1, {}};
  const auto add = [&](const std::string& part, const NamedScores& scores) {
    for (const auto& [name, value] : scores) record.values.emplace_back(part + name, value);
  };
  const double train_seconds = epoch_seconds();
  add("train/", {{"loss", state.loss_sum / static_cast<double>(state.images)}});
  add("train/", objective_->scores());
  if (run_.data.val) add("val/", objective_->evaluate(*run_.model, *run_.data.val, log_));
  if (recipe_.train.score_training_part) {
    add("train_part/", objective_->evaluate(*run_.model, *run_.data.train_plain, log_));
  }
  record.values.emplace_back("lr", learning_rate(loader_->batches() - 1));
  record.values.emplace_back("images_per_second", static_cast<double>(state.images) / train_seconds);
  record.values.emplace_back("loader_wait_share", wait_seconds() / train_seconds);
  record.values.emplace_back("seconds", epoch_seconds());
  return record;
}

void Trainer::finish_epoch() {
  EpochRecord record;
  {
    const Scoring scoring(callbacks_, run_);
    record = score_epoch();
    run_.card.training["epochs"] = std::to_string(record.epoch);
    run_.card.scores.clear();
    for (const auto& [name, value] : record.values) {
      if (name.find('/') != std::string::npos) run_.card.scores[name] = value;
    }
    for (const auto& each : callbacks_) each->after_epoch(run_, record);
    save_model(run_.folder.last(), *run_.model, run_.card);
  }
  const double score = monitor_.value(record);
  log_.message("epoch " + std::to_string(record.epoch) + "/" + std::to_string(recipe_.train.epochs) +
               "  loss " + fixed(run_.state.loss_sum / static_cast<double>(run_.state.images), 4) + "  " +
               monitor_.column() + " " + fixed(score, 4) +
               (run_.state.best_epoch == record.epoch ? " (best)" : "") + "  " +
               human_seconds(epoch_seconds()));
  schedule_->observe(score);
  run_.state.epochs.push_back(std::move(record));
  begin_next_epoch();
  save_checkpoint();
}

void Trainer::begin_next_epoch() {
  TrainState& state = run_.state;
  ++state.epoch;
  state.batch = 0;
  state.loss_sum = 0;
  state.images = 0;
  state.epoch_seconds = 0;
  state.wait_seconds = 0;
  objective_->clear_scores();
  state.finished = !run_.stop_reason.empty() || state.epoch >= recipe_.train.epochs;
  if (!run_.stop_reason.empty()) log_.message("stopped early: " + run_.stop_reason);
}

void Trainer::save_last() {
  const Scoring scoring(callbacks_, run_);
  save_model(run_.folder.last(), *run_.model, run_.card);
}

void Trainer::save_checkpoint() {
  // The clock of the epoch under way goes on; what a resumed run counts on top is the state's.
  TrainState state = run_.state;
  if (state.batch > 0) {
    state.epoch_seconds = epoch_seconds();
    state.wait_seconds = wait_seconds();
  }
  state.schedule = schedule_->state();
  state.scores = objective_->score_state();
  Checkpoint checkpoint{.state = std::move(state),
                        .model = named_state(*run_.model),
                        .optimizer = run_.optimizer->state(),
                        .loss_scale = scaler_.state(),
                        .card = card_to_json(run_.card, -1),
                        .recipe = recipe_to_yaml(recipe_)};
  for (const auto& each : callbacks_) checkpoint.callbacks[each->name()] = each->state();
  write_epochs(run_.folder, run_.state.epochs);
  write_checkpoint(run_.folder, checkpoint);
  clock_.saved(run_.state.step);
}

void Trainer::save_and_stop() {
  save_last();
  save_checkpoint();
  throw Interrupted("stopped after " + counted(run_.state.step, "step") +
                    "; go on with: nadir train --resume " + run_.folder.path().string());
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
