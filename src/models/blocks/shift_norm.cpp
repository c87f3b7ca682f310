#include "models/blocks/shift_norm.h"

namespace nadir {

ShiftNormImpl::ShiftNormImpl(std::int64_t channels, const NormFlavour& flavour) : flavour_(flavour) {
  bias_ = register_parameter("bias", torch::zeros({channels}));
  mean_ = register_buffer("running_mean", torch::zeros({channels}));
  variance_ = register_buffer("running_var", torch::ones({channels}));
  batches_ = register_buffer("num_batches_tracked", torch::zeros({}, torch::kInt64));
}

torch::Tensor ShiftNormImpl::forward(const torch::Tensor& x) {
  if (is_training()) batches_ += 1;
  return torch::batch_norm(x, {}, bias_, mean_, variance_, is_training(), flavour_.momentum, flavour_.eps,
                           /*cudnn_enabled=*/false);
}

}  // namespace nadir
