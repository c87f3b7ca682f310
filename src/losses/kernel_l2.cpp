#include <ATen/ATen.h>

#include "nadir/loss.h"

namespace nadir {

torch::Tensor kernel_l2(const std::vector<torch::Tensor>& parameters, double factor) {
  torch::Tensor sum;
  for (const torch::Tensor& parameter : parameters) {
    if (parameter.dim() < 3) continue;
    const torch::Tensor squares = parameter.square().sum();
    sum = sum.defined() ? sum + squares : squares;
  }
  return sum.defined() ? factor * sum : at::zeros({});
}

}  // namespace nadir
