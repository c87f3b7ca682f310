#include "nadir/train.h"

namespace nadir {

void Optimizer::zero_grad() {
  for (auto& [name, parameter] : parameters_) parameter.mutable_grad() = torch::Tensor();
}

}  // namespace nadir
