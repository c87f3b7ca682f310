#include "train/optimizers/adam.h"
#include "train/optimizers/lion.h"
#include "train/optimizers/radam.h"
#include "train/optimizers/rmsprop.h"
#include "train/optimizers/sgd.h"

namespace nadir {

const OptimizerRegistry& optimizers() {
  using R = OptimizerRegistry;
  static const R registry("optimizer",
                          {
                              R::item("sgd", "gradient descent, with momentum or Nesterov's", make_sgd),
                              R::item("adam", "Adam; weight decay in the gradient", make_adam),
                              R::item("adamw", "Adam with decoupled weight decay", make_adamw),
                              R::item("radam", "Adam that needs no warm-up", make_radam),
                              R::item("lion", "sign of the momentum; half of Adam's memory", make_lion),
                              R::item("rmsprop", "gradient over its root mean square", make_rmsprop),
                          });
  return registry;
}

}  // namespace nadir
