#include "models/blocks/stack.h"

#include <torch/nn/modules/activation.h>

#include "models/blocks/depthwise.h"

namespace nadir {
namespace {

std::optional<TailActivation> as_activation(const torch::nn::Module& layer) {
  if (dynamic_cast<const torch::nn::ReLUImpl*>(&layer)) return relu_activation();
  if (dynamic_cast<const torch::nn::ReLU6Impl*>(&layer)) return relu6_activation();
  if (const auto* prelu = dynamic_cast<const torch::nn::PReLUImpl*>(&layer)) return leaky(prelu->weight);
  return {};
}

}  // namespace

torch::Tensor StackImpl::join(torch::Tensor x, NormTail tail) {
  for (auto layer = begin(); layer != end(); ++layer) {
    const auto norm = std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(layer->ptr());
    if (!norm) {
      const auto conv = std::dynamic_pointer_cast<torch::nn::Conv2dImpl>(layer->ptr());
      x = conv ? convolved(conv, x) : layer->any_forward(x).get<torch::Tensor>();
      continue;
    }
    const auto next = std::next(layer);
    const std::optional<TailActivation> activation =
        next == end() ? std::nullopt : as_activation(*next->ptr());
    if (activation) ++layer;
    NormTail here = std::next(layer) == end() ? tail : NormTail();
    if (activation) here.inner = *activation;
    x = norm_tail(norm, x, here);
  }
  return x;
}

}  // namespace nadir
