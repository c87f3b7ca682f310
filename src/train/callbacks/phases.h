// Epochs in which parts of the network are frozen, and learn at another rate.
#pragma once

#include "train/callback.h"

namespace nadir {

// The phase of an epoch, counted from 0; phases are not empty and together as long as the training.
std::size_t phase_at(const std::vector<PhaseConfig>& phases, std::int64_t epoch);

// Before each epoch, freezes and frees what its phase says. Has no state: what holds follows from the epoch.
// The optimizer keeps what it remembers of parameters while they are frozen, and goes on from there.
class Phases final : public Callback {
 public:
  explicit Phases(const std::vector<PhaseConfig>& phases) : phases_(phases) {}
  std::string name() const override { return "phases"; }
  void before_run(TrainingRun& run) override;  // throws ModelError for a part or layer that is not there
  void before_epoch(TrainingRun& run) override;

 private:
  void apply(Model& model, const PhaseConfig& phase) const;

  std::vector<PhaseConfig> phases_;
  std::vector<torch::Tensor> trainable_;  // parameters that the network itself does not freeze
};

}  // namespace nadir
