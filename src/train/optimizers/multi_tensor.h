// What all optimizers share: which parameters take a step together, their state by name, and its way to disk
// and back.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nadir/train.h"

namespace nadir {

// Parameters that are treated apart, by the beginning of their name.
struct ParameterGroup {
  std::string prefix;                  // "encoder."; the first group that fits a parameter holds
  double lr_factor = 1;                // times the learning rate; 0 keeps them as they are
  bool decay = true;                   // whether weight decay holds for them
  std::optional<double> weight_decay;  // in place of the optimizer's
  void fields(FieldVisitor& visit) {
    visit.field("prefix", prefix);
    visit.field("lr_factor", lr_factor, at_least(0));
    visit.field("decay", decay);
    visit.field("weight_decay", weight_decay, at_least(0));
  }
};

struct OptimizerConfig {
  double lr = 1e-3;         // learning rate, above 0
  double weight_decay = 0;  // at least 0
  // Whether one-dimensional parameters (norms, biases) decay too. PyTorch and Keras decay all of them.
  bool decay_norms = false;
  std::vector<ParameterGroup> groups;
  void fields(FieldVisitor& visit) {
    visit.field("lr", lr, above(0));
    visit.field("weight_decay", weight_decay, at_least(0));
    visit.field("decay_norms", decay_norms);
    visit.field("groups", groups);
  }
};

// Steps many tensors with one call (at::_foreach_*). A derived class says only what a step does.
class MultiTensorOptimizer : public Optimizer {
 public:
  void step(double lr) final;
  double base_lr() const final { return config_.lr; }
  // "steps/<parameter>", and "<slot>/<parameter>" for each slot. Copies. Parameters that never took a step
  // have none.
  NamedTensors state() const final;
  void load_state(const NamedTensors& state) final;

 protected:
  // slots: what is kept for each parameter between steps, tensors of its shape that begin at 0.
  MultiTensorOptimizer(const NamedTensors& parameters, const OptimizerConfig& config,
                       std::vector<std::string> slots);

  // Parameters that take the same step.
  struct Batch {
    std::vector<torch::Tensor> parameters;
    std::vector<torch::Tensor> gradients;  // not to be changed in place
    std::vector<std::vector<torch::Tensor>> slots;
    std::int64_t step = 1;    // of these parameters, from 1
    double lr = 0;            // their own
    double weight_decay = 0;  // 0 where decay does not hold
  };
  virtual void update(Batch& batch) const = 0;

  static void add_decay_to_gradients(Batch& batch);  // L2: g + decay w
  static void decay_parameters(Batch& batch);        // decoupled: w (1 - lr decay)

 private:
  struct ParameterState {
    std::int64_t steps = 0;
    std::vector<torch::Tensor> slots;
    double lr_factor = 1;
    double weight_decay = 0;
  };
  std::vector<Batch> collect(double lr);
  std::size_t index_of(const std::string& parameter, const std::string& entry) const;

  OptimizerConfig config_;
  std::vector<std::string> slots_;
  std::vector<ParameterState> states_;  // one for each of parameters_
};

}  // namespace nadir
