// From noise to a sample in a few of the training's timesteps.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "generate/noise_schedule.h"

namespace nadir {

// Gives the next standard normal noise, of the sample's shape.
using NoiseSource = std::function<torch::Tensor()>;

// One sampling run. `step` is called for i = first .. calls() - 1 in order, where `first` is 0, or later for
// a run that begins with a picture; a run keeps what earlier steps said.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // What the network is told at each call; one scheduler (pndm) calls once more than it has steps.
  const std::vector<double>& timesteps() const { return timesteps_; }
  std::size_t calls() const { return timesteps_.size(); }
  virtual double init_noise_sigma() const {
    return 1;
  }  // the first sample is standard normal noise times this
  // What the network sees of the sample.
  virtual torch::Tensor scale_input(const torch::Tensor& sample, std::size_t) const { return sample; }
  // `output` is what the network said of `sample`; gives the sample of the next call, the result after the
  // last.
  virtual torch::Tensor step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                             const NoiseSource& noise) = 0;
  // Noise on a clean sample as it is before call `i`: where img2img begins.
  virtual torch::Tensor add_noise(const torch::Tensor& clean, const torch::Tensor& noise,
                                  std::size_t i) const = 0;

 protected:
  std::vector<double> timesteps_;
};

// Throws ConfigError for an unknown kind or a number of steps out of 1 .. train_steps.
std::unique_ptr<Scheduler> make_scheduler(const SchedulerConfig& config, std::int64_t steps);
std::vector<std::string> scheduler_names();

// The training's timesteps that `steps` steps visit, from the noisiest. `intervals` is what the range is
// divided into where that is not `steps` itself (solvers of higher order).
std::vector<double> spaced_timesteps(const SchedulerConfig& config, std::int64_t steps, bool solver);

// The clean sample and the noise that the network's output means, at cumulated alpha `a`.
struct Parts {
  torch::Tensor clean, noise;
};
Parts split_prediction(Prediction prediction, const torch::Tensor& output, const torch::Tensor& sample,
                       double a);

}  // namespace nadir
