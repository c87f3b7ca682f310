// Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019).
//   m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2
//   torch:  w -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
//   keras:  w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)
// Adam adds decay w to the gradient, AdamW takes lr decay w off the weight.
#pragma once

#include "train/optimizers/multi_tensor.h"

namespace nadir {

struct AdamConfig : OptimizerConfig {
  double beta1 = 0.9;    // 0 to below 1
  double beta2 = 0.999;  // 0 to below 1
  // Above 0. Left out: 1e-8 for torch, 1e-7 for keras. A large one (study 001: 0.1) makes the flavours part
  // at once.
  std::optional<double> epsilon;
  std::string flavour = "torch";  // where epsilon is added: torch, keras
  bool amsgrad = false;           // the largest v so far in place of v (Reddi et al. 2018)
  void fields(FieldVisitor& visit);
};
struct AdamWConfig : AdamConfig {
  AdamWConfig() { weight_decay = 0.01; }
};
std::unique_ptr<Optimizer> make_adam(const AdamConfig& config, const NamedTensors& parameters);
std::unique_ptr<Optimizer> make_adamw(const AdamWConfig& config, const NamedTensors& parameters);

}  // namespace nadir
