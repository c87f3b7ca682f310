#include "train/callbacks/best_models.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstdio>

namespace nadir {

std::filesystem::path BestModels::file_of(const TrainingRun& run, const Kept& kept) {
  std::string number = std::to_string(kept.epoch);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
  return run.folder.path() / "best" / ("epoch-" + number + ".safetensors");
}

void BestModels::after_epoch(TrainingRun& run, const EpochRecord& record) {
  const Kept now{record.epoch, monitor_.value(record)};
  const bool any = run.state.best_epoch > 0;
  // The first epoch's weights are the best so far whatever their score, even where it is not defined.
  if (is_better(monitor_, now.score, any, run.state.best_score)) {
    run.state.best_epoch = now.epoch;
    run.state.best_score = now.score;
    // Before the checkpoint: a run killed in between resumes before this epoch, and writes the same file
    // again.
    save_model(run.folder.best(), *run.model, run.card);
  }
  if (keep_ > 1) keep_among_best(run, now);
}

void BestModels::keep_among_best(TrainingRun& run, const Kept& now) {
  const auto worse = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& each) {
    return is_better(monitor_, now.score, true, each.score);
  });
  if (worse == kept_.end() && static_cast<std::int64_t>(kept_.size()) >= keep_) return;
  kept_.insert(worse, now);
  save_model(file_of(run, now), *run.model, run.card);
  if (static_cast<std::int64_t>(kept_.size()) <= keep_) return;
  std::error_code gone;  // already, when the run was killed at this point before
  std::filesystem::remove(file_of(run, kept_.back()), gone);
  kept_.pop_back();
}

NamedTensors BestModels::state() const {
  std::vector<std::int64_t> epochs;
  std::vector<double> scores;
  for (const Kept& each : kept_) {
    epochs.push_back(each.epoch);
    scores.push_back(each.score);
  }
  return {{"epochs", at::tensor(epochs, at::kLong)}, {"scores", at::tensor(scores, at::kDouble)}};
}

void BestModels::load_state(const NamedTensors& state) {
  const torch::Tensor epochs = state_tensor(state, "epochs", name());
  const torch::Tensor scores = state_tensor(state, "scores", name());
  kept_.clear();
  for (std::int64_t i = 0; i < epochs.numel(); ++i) {
    kept_.push_back({epochs[i].item<std::int64_t>(), scores[i].item<double>()});
  }
}

}  // namespace nadir
