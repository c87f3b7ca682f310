// Exponential moving average of the weights (Polyak and Juditsky 1992; the form of TensorFlow's
// ExponentialMovingAverage): steadier than the weights themselves late in training.
#pragma once

#include "train/callback.h"

namespace nadir {

class WeightAverage final : public Callback {
 public:
  explicit WeightAverage(const AverageConfig& config) : config_(config) {}
  std::string name() const override { return "weight_average"; }
  void before_run(TrainingRun& run) override;
  void after_step(TrainingRun& run) override;
  // The average stands in for the weights, batch norms' running statistics included.
  void before_scoring(TrainingRun& run) override { swap(run); }
  void after_scoring(TrainingRun& run) noexcept override { swap(run); }
  NamedTensors state() const override;
  void load_state(const NamedTensors& state) override { average_ = state; }

 private:
  void swap(TrainingRun& run) const;

  AverageConfig config_;
  NamedTensors average_;  // of every floating tensor of the network
};

}  // namespace nadir
