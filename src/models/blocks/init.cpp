#include "models/blocks/init.h"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cmath>

namespace nadir {
namespace {

// The standard deviation of a standard normal that is cut off at 2.
constexpr double kCutDeviation = 0.87962566103423978;

void fill_cut_normal(torch::Tensor& values, double deviation) {
  const double edge = std::erf(2 / std::sqrt(2.0));
  values.uniform_(-edge, edge).erfinv_().mul_(std::sqrt(2.0) * deviation / kCutDeviation);
}

template <class Layer>
bool init_layer(torch::nn::Module& module, KerasInit init) {
  auto* layer = dynamic_cast<Layer*>(&module);
  if (layer == nullptr) return false;
  const torch::NoGradGuard no_grad;
  fill_kernel(layer->weight, init);
  if (layer->bias.defined()) layer->bias.zero_();
  return true;
}

}  // namespace

void fill_kernel(torch::Tensor kernel, KerasInit init) {
  const torch::NoGradGuard no_grad;
  const double field = static_cast<double>(kernel.dim() > 2 ? kernel[0][0].numel() : 1);
  const double fan_out = static_cast<double>(kernel.size(0)) * field;
  const double fan_in = static_cast<double>(kernel.size(1)) * field;
  switch (init) {
    case KerasInit::kGlorotUniform: {
      const double limit = std::sqrt(6 / (fan_in + fan_out));
      kernel.uniform_(-limit, limit);
      return;
    }
    case KerasInit::kHeNormal:
      fill_cut_normal(kernel, std::sqrt(2 / fan_in));
      return;
    case KerasInit::kFanOutNormal:
      fill_cut_normal(kernel, std::sqrt(2 / fan_out));
      return;
    case KerasInit::kHeUniform: {
      const double limit = std::sqrt(6 / fan_in);
      kernel.uniform_(-limit, limit);
      return;
    }
  }
}

void init_keras(torch::nn::Module& module, KerasInit init) {
  for (const auto& each : module.modules(/*include_self=*/false)) {
    if (init_layer<torch::nn::Conv2dImpl>(*each, init)) continue;
    if (init_layer<torch::nn::LinearImpl>(*each, init)) continue;
    init_layer<torch::nn::ConvTranspose2dImpl>(*each, KerasInit::kGlorotUniform);
  }
}

}  // namespace nadir
