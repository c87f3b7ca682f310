// Stochastic gradient descent with momentum: v = m v + g, w -= lr v. Nesterov: w -= lr (g + m v).
#pragma once

#include "train/optimizers/multi_tensor.h"

namespace nadir {

struct SgdConfig : OptimizerConfig {
  SgdConfig() { lr = 0.01; }
  double momentum = 0;   // 0 to below 1
  double dampening = 0;  // v = m v + (1 - dampening) g, from the second step on; 0 to 1
  bool nesterov = false;
  // torch: the velocity sums gradients and the rate of the day is applied to all of it.
  // keras: v = m v - lr g, w += v, so that a change of the rate reaches the velocity slowly.
  std::string flavour = "torch";
  void fields(FieldVisitor& visit);
  void validate() const;
};
std::unique_ptr<Optimizer> make_sgd(const SgdConfig& config, const NamedTensors& parameters);

}  // namespace nadir
