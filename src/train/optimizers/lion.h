// Lion (Chen et al. 2023): w -= lr (sign(b1 m + (1 - b1) g) + decay w), then m = b2 m + (1 - b2) g. Every
// weight moves by lr, so that rates are 3 to 10 times smaller than Adam's and decays as much larger. One slot
// of state.
#pragma once

#include "train/optimizers/multi_tensor.h"

namespace nadir {

struct LionConfig : OptimizerConfig {
  LionConfig() { lr = 1e-4; }
  double beta1 = 0.9;   // 0 to below 1
  double beta2 = 0.99;  // 0 to below 1
  void fields(FieldVisitor& visit) {
    OptimizerConfig::fields(visit);
    visit.field("beta1", beta1, from_below(0, 1));
    visit.field("beta2", beta2, from_below(0, 1));
  }
};
std::unique_ptr<Optimizer> make_lion(const LionConfig& config, const NamedTensors& parameters);

}  // namespace nadir
