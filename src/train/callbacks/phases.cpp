#include "train/callbacks/phases.h"

#include "core/text.h"
#include "models/freezing.h"

namespace nadir {
namespace {

std::string description(const PhaseConfig& phase, const Model& model) {
  std::string text = phase.freeze.empty() ? "nothing frozen" : join_words(phase.freeze) + " frozen";
  if (!phase.only.empty()) text = "all but " + join_words(phase.only) + " frozen";
  if (phase.unfreeze_from) text += " up to layer " + std::to_string(*phase.unfreeze_from);
  return text + ", " + with_thousands(count_parameters(model).trainable) + " parameters learn";
}

}  // namespace

std::size_t phase_at(const std::vector<PhaseConfig>& phases, std::int64_t epoch) {
  std::int64_t end = 0;
  for (std::size_t i = 0; i + 1 < phases.size(); ++i) {
    end += phases[i].epochs.value();
    if (epoch < end) return i;
  }
  return phases.size() - 1;
}

void Phases::apply(Model& model, const PhaseConfig& phase) const {
  if (!phase.only.empty()) {
    set_trainable(model, "", false);
    for (const std::string& part : phase.only) set_trainable(model, part, true);
    for (torch::Tensor each : model.parameters()) {
      const bool learns = std::any_of(trainable_.begin(), trainable_.end(),
                                      [&](const torch::Tensor& other) { return other.is_same(each); });
      if (!learns) each.set_requires_grad(false);
    }
    return;
  }
  for (torch::Tensor each : trainable_) each.set_requires_grad(true);
  for (const std::string& part : phase.freeze) {
    if (phase.unfreeze_from) {
      set_trainable_from(model, part, *phase.unfreeze_from);
    } else {
      set_trainable(model, part, false);
    }
  }
}

void Phases::before_run(TrainingRun& run) {
  for (const torch::Tensor& each : run.model->parameters()) {
    if (each.requires_grad()) trainable_.push_back(each);
  }
  for (const PhaseConfig& phase : phases_) {
    apply(*run.model, phase);
    if (count_parameters(*run.model).trainable == 0)
      throw ConfigError("train.phases: a phase freezes every parameter, so that nothing can learn");
  }
  apply(*run.model, phases_.front());
}

void Phases::before_epoch(TrainingRun& run) {
  const std::size_t index = phase_at(phases_, run.state.epoch);
  const PhaseConfig& phase = phases_[index];
  apply(*run.model, phase);
  run.model->train();  // which tells frozen batch norms
  run.lr_factor = phase.lr ? *phase.lr / run.optimizer->base_lr() : 1;
  const bool begins =
      run.state.batch == 0 && (run.state.epoch == 0 || phase_at(phases_, run.state.epoch - 1) != index);
  if (!begins) return;
  if (index > 0 && phase.fresh_optimizer) run.optimizer->load_state({});
  run.log.message("phase " + std::to_string(index + 1) + " of " + std::to_string(phases_.size()) + ": " +
                  description(phase, *run.model));
}

}  // namespace nadir
