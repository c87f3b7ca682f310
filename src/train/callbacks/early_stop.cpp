#include "train/callbacks/early_stop.h"

#include <ATen/ATen.h>

#include "core/text.h"

namespace nadir {
namespace {

// Its own file: the monitor need not be the one of best.safetensors.
std::filesystem::path kept_weights(const TrainingRun& run) {
  return run.folder.state() / "early_stop.safetensors";
}

}  // namespace

bool Patience::observe(double score) {
  history_.push_back(score);
  if (!is_better(monitor_, score, best_epoch_ > 0, best_, config_.min_delta)) return false;
  best_ = score;
  best_epoch_ = static_cast<std::int64_t>(history_.size());
  return true;
}

bool Patience::lost() const {
  if (config_.rule == "study000") return study000_patience_lost(history_, config_.patience);
  return static_cast<std::int64_t>(history_.size()) - best_epoch_ >= config_.patience;
}

void EarlyStop::after_epoch(TrainingRun& run, const EpochRecord& record) {
  const bool best = patience_.observe(monitor_.value(record));
  if (best && config_.restore_best) save_model(kept_weights(run), *run.model, run.card);
  if (patience_.lost()) {
    run.state.stopped_early = true;
    run.stop_reason = "no better " + monitor_.column() + " for " + counted(config_.patience, "epoch");
  }
}

void EarlyStop::after_run(TrainingRun& run) {
  if (!run.state.stopped_early || !config_.restore_best) return;
  const LoadedModel best = load_model(kept_weights(run));
  save_model(run.folder.last(), *best.model, best.card);
  run.log.message("the last model is that of epoch " + std::to_string(patience_.best_epoch()) +
                  ", the best by " + monitor_.column());
}

NamedTensors EarlyStop::state() const { return {{"history", at::tensor(patience_.history(), at::kDouble)}}; }

void EarlyStop::load_state(const NamedTensors& state) {
  const torch::Tensor history = state_tensor(state, "history", name());
  patience_ = Patience(config_, monitor_);
  for (std::int64_t i = 0; i < history.numel(); ++i) patience_.observe(history[i].item<double>());
}

}  // namespace nadir
