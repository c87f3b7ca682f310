// RMSprop (Tieleman and Hinton 2012): v = a v + (1 - a) g^2, w -= lr g / (sqrt(v) + eps); with momentum
// b = m b + g / (sqrt(v) + eps), w -= lr b, as in PyTorch.
#pragma once

#include "train/optimizers/multi_tensor.h"

namespace nadir {

struct RmspropConfig : OptimizerConfig {
  RmspropConfig() { lr = 0.01; }
  double alpha = 0.99;    // 0 to below 1
  double epsilon = 1e-8;  // above 0
  double momentum = 0;    // 0 to below 1
  void fields(FieldVisitor& visit) {
    OptimizerConfig::fields(visit);
    visit.field("alpha", alpha, from_below(0, 1));
    visit.field("epsilon", epsilon, above(0));
    visit.field("momentum", momentum, from_below(0, 1));
  }
};
std::unique_ptr<Optimizer> make_rmsprop(const RmspropConfig& config, const NamedTensors& parameters);

}  // namespace nadir
