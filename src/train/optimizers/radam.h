// Rectified Adam (Liu et al. 2020): plain momentum until the variance of the adaptive rate can be trusted
// (rho_t > 5, from the sixth step with the usual beta2), Adam with a rectified rate from then on, as in
// PyTorch.
#pragma once

#include "train/optimizers/multi_tensor.h"

namespace nadir {

struct RAdamConfig : OptimizerConfig {
  double beta1 = 0.9;      // 0 to below 1
  double beta2 = 0.999;    // 0 to below 1
  double epsilon = 1e-8;   // above 0, added to sqrt(v) before its bias correction
  bool decoupled = false;  // weight decay off the weight as in AdamW, not in the gradient
  void fields(FieldVisitor& visit) {
    OptimizerConfig::fields(visit);
    visit.field("beta1", beta1, from_below(0, 1));
    visit.field("beta2", beta2, from_below(0, 1));
    visit.field("epsilon", epsilon, above(0));
    visit.field("decoupled", decoupled);
  }
};
std::unique_ptr<Optimizer> make_radam(const RAdamConfig& config, const NamedTensors& parameters);

}  // namespace nadir
