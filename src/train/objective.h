// What a run learns, and how well: all of a training that depends on its task. The loop, the optimizer and
// the callbacks are the same for every task.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nadir/train.h"

namespace nadir {

using NamedScores = std::vector<std::pair<std::string, double>>;

// What an objective begins with.
struct ObjectiveStart {
  const PreparedData& data;
  const ModelCard& card;
  torch::Device device;
  bool resumed = false;  // the weights come from a checkpoint
  ProgressObserver& log;
};

class Objective {
 public:
  virtual ~Objective() = default;

  // The card of a run that begins: what its network is, and how pixels become its input.
  virtual ModelCard describe(const PreparedData& data, ProgressObserver& log) const = 0;
  // Makes the card's network on the device, and whatever the steps need beside it. Once, before all that
  // follows.
  virtual std::shared_ptr<Model> begin(const ObjectiveStart& start) = 0;

  struct Step {
    torch::Tensor loss;    // scalar
    torch::Tensor output;  // of the network, for whoever looks into a loss that is not finite
  };
  // The loss of a batch, and its share in the scores. Random numbers come from torch's generator, which is
  // seeded for each batch.
  virtual Step learn(Model& model, const Batch& batch) = 0;

  // Of the epoch under way, beside its loss; the names are the same for every part and epoch.
  virtual NamedScores scores() const { return {}; }
  virtual const TaskScores* shown_scores() const { return nullptr; }  // beside the progress bar
  virtual void clear_scores() {}
  virtual std::vector<double> score_state() const { return {}; }
  virtual void load_score_state(const std::vector<double>&) {}

  // "loss" and the scores of a part, with the weights that the network has now.
  virtual NamedScores evaluate(Model& model, const Dataset& part, ProgressObserver& log) = 0;

  // When all is saved: files for other programs, made of last.safetensors.
  virtual void export_model(const RunFolder&) const {}
};

// The recipe's, by its task. Throws ConfigError for losses that it cannot have.
std::unique_ptr<Objective> make_objective(const Recipe& recipe);

}  // namespace nadir
