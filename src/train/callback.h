// What happens beside the steps of a run: saving the best, stopping early, averaging weights. The loop knows
// nothing of what its callbacks do; what they need to go on after a stop, they keep in their state.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nadir/train.h"
#include "train/checkpoint.h"

namespace nadir {

// A run as callbacks see it, and may change it.
struct TrainingRun {
  const Recipe& recipe;
  const RunFolder& folder;
  ProgressObserver& log;
  torch::Device device;
  PreparedData data;
  std::shared_ptr<Model> model;
  std::unique_ptr<Optimizer> optimizer;
  ModelCard card;
  TrainState state;      // epoch: of those finished; the one under way is the next
  double step_loss = 0;  // of the last step: the mean over its batches
  double step_lr = 0;
  double lr_factor = 1;     // times the schedule's, from the next step on
  std::string stop_reason;  // set in after_epoch, it ends the run: "no better val/loss for 5 epochs"
};

class Callback {
 public:
  virtual ~Callback() = default;
  virtual std::string name() const = 0;  // of its state in the checkpoint; each has its own
  // Throws ConfigError when what it watches is not among the columns that each epoch will have.
  virtual void check_columns(const std::vector<std::string>&) const {}
  // Once, when network and data are there; of a resumed run after load_state.
  virtual void before_run(TrainingRun&) {}
  virtual void before_epoch(TrainingRun&) {}  // of a resumed epoch too
  virtual void after_step(TrainingRun&) {}    // after each optimizer step
  // Around evaluation and the saving of models: the weights in between are those that count.
  virtual void before_scoring(TrainingRun&) {}
  virtual void after_scoring(TrainingRun&) noexcept {}
  // With the epoch's columns, and the weights that count; state.epoch does not count it yet.
  virtual void after_epoch(TrainingRun&, const EpochRecord&) {}
  virtual void after_run(TrainingRun&) {}  // when all is saved; again if a finished run is resumed
  // All that is needed to go on as if the run had not stopped, bit for bit.
  virtual NamedTensors state() const { return {}; }
  virtual void load_state(const NamedTensors&) {}  // throws ModelError
};

// The callbacks of a recipe, in the order in which they are called.
std::vector<std::unique_ptr<Callback>> make_callbacks(const Recipe& recipe, bool has_validation);

// The tensor `name` of a callback's state; throws ModelError when it is not there.
torch::Tensor state_tensor(const NamedTensors& state, const std::string& name, const std::string& callback);

}  // namespace nadir
