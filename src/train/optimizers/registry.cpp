#include "train/optimizers/adam.h"
#include "train/optimizers/sgd.h"

namespace nadir {

const OptimizerRegistry& optimizers() {
  using R = OptimizerRegistry;
  static const R registry("optimizer", {
                                           R::item("sgd", "gradient descent with momentum", make_sgd),
                                           R::item("adam", "Adam; weight decay in the gradient", make_adam),
                                           R::item("adamw", "Adam with decoupled weight decay", make_adamw),
                                       });
  return registry;
}

}  // namespace nadir
