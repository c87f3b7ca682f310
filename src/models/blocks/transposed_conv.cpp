#include "models/blocks/transposed_conv.h"

#include <torch/torch.h>

#include "models/blocks/map_type.h"

namespace nadir {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class TransposedConvFunction : public torch::autograd::Function<TransposedConvFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef output_padding) {
    context->save_for_backward({x, weight});
    context->saved_data["stride"] = stride.vec();
    context->saved_data["padding"] = padding.vec();
    context->saved_data["output_padding"] = output_padding.vec();
    return at::conv_transpose2d(x, weight, bias, stride, padding, output_padding);
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const auto numbers = [&](const char* name) { return context->saved_data[name].toIntVector(); };
    const auto [grad_x, grad_weight, unused] = at::convolution_backward(
        grads[0], saved[0], saved[1], at::OptionalIntArrayRef(), numbers("stride"), numbers("padding"),
        /*dilation=*/{1, 1}, /*transposed=*/true, numbers("output_padding"), /*groups=*/1,
        {context->needs_input_grad(0), context->needs_input_grad(1), false});
    return {grad_x, grad_weight, grads[0].sum({0, 2, 3}), {}, {}, {}};
  }
};

}  // namespace

Tensor TransposedConvImpl::forward(const Tensor& x) {
  const bool gains = torch::GradMode::is_enabled() && x.device().is_cpu() && bias.defined() &&
                     bias.requires_grad() && options.groups() == 1 && options.dilation()->at(0) == 1 &&
                     options.dilation()->at(1) == 1;
  if (!gains || is_traced()) return torch::nn::ConvTranspose2dImpl::forward(x);
  const torch::ScalarType type = autocast_type(x);
  const auto& padding = std::get<torch::ExpandingArray<2>>(options.padding());
  return TransposedConvFunction::apply(x.to(type), weight.to(type), bias.to(type),
                                       at::IntArrayRef(*options.stride()), at::IntArrayRef(*padding),
                                       at::IntArrayRef(*options.output_padding()));
}

}  // namespace nadir
