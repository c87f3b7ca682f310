// Base of schedulers that count in sigmas, the noise over the signal (Karras et al. 2022).
#pragma once

#include "generate/schedulers/scheduler.h"

namespace nadir {

class SigmaScheduler : public Scheduler {
 public:
  // One more than there are calls; the last is 0.
  const std::vector<double>& sigmas() const { return sigmas_; }

 protected:
  // `solver`: timesteps are rounded, and spaced as multistep solvers space them.
  SigmaScheduler(const SchedulerConfig& config, std::int64_t steps, bool solver);
  SchedulerConfig config_;
  std::vector<double> sigmas_;

 private:
  void use_karras_sigmas(const std::vector<double>& trained, std::int64_t steps, bool solver);
};

// A sigma as a variance-preserving process has it: signal^2 + noise^2 = 1.
struct SignalAndNoise {
  double signal, noise, lambda;  // lambda = ln(signal / noise)
};
SignalAndNoise signal_and_noise(double sigma);

}  // namespace nadir
