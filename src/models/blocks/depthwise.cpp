#include "models/blocks/depthwise.h"

#include <torch/torch.h>

#include "core/parallel.h"
#include "models/blocks/depthwise_kernel.h"
#include "models/blocks/map_type.h"

namespace nadir {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kBands = 4;  // parts of an image whose weight gradients are summed by themselves

template <class T>
const T* image_of(const Tensor& map, std::int64_t image) {
  return static_cast<const T*>(map.const_data_ptr()) + image * map.stride(0);
}

Tensor input_gradient(const Tensor& x, const Tensor& weight, const Tensor& grad,
                      const kernel::DepthwiseShape& shape) {
  Tensor result = torch::empty_like(x);
  const std::int64_t values = shape.width * shape.channels;
  const Tensor taps = weight.to(torch::kFloat32).flatten(1).t().contiguous();  // [k * k, C]
  with_type(x, [&](auto type) {
    using T = decltype(type);
    auto* const to = static_cast<T*>(result.mutable_data_ptr());
    parallel_for(0, x.size(0) * shape.height, 8, [&](std::int64_t begin, std::int64_t end) {
      std::vector<float> sums(static_cast<std::size_t>(values));
      for (std::int64_t i = begin; i < end; ++i) {
        kernel::depthwise_input_row(image_of<T>(grad, i / shape.height), taps.const_data_ptr<float>(), shape,
                                    i % shape.height, sums.data(), to + i * values);
      }
    });
  });
  return result;
}

Tensor weight_gradient(const Tensor& x, const Tensor& weight, const Tensor& grad,
                       const kernel::DepthwiseShape& shape) {
  const std::int64_t taps = shape.kernel * shape.kernel;
  Tensor parts = torch::empty({x.size(0) * kBands, taps, shape.channels}, torch::kFloat32);
  with_type(x, [&](auto type) {
    using T = decltype(type);
    float* const to = parts.mutable_data_ptr<float>();
    parallel_for(0, parts.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t band = i % kBands;
        kernel::depthwise_weight(image_of<T>(x, i / kBands), image_of<T>(grad, i / kBands), shape,
                                 shape.out_height * band / kBands, shape.out_height * (band + 1) / kBands,
                                 to + i * taps * shape.channels);
      }
    });
  });
  return parts.sum(0).t().reshape(weight.sizes()).to(weight.scalar_type());
}

class DepthwiseFunction : public torch::autograd::Function<DepthwiseFunction> {
 public:
  // bias: a tensor without values where there is none, since torch takes no undefined one.
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Tensor& bias,
                        std::int64_t stride, std::int64_t padding, std::int64_t dilation) {
    const bool has_bias = bias.numel() > 0;
    context->save_for_backward({x, weight});
    context->saved_data["has_bias"] = has_bias;
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->saved_data["dilation"] = dilation;
    return at::conv2d(x, weight, has_bias ? bias : Tensor(), stride, padding, dilation, x.size(1));
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1];
    const Tensor grad = grads[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const auto number = [&](const char* name) { return context->saved_data[name].toInt(); };
    const kernel::DepthwiseShape shape{.channels = x.size(1),
                                       .height = x.size(2),
                                       .width = x.size(3),
                                       .out_height = grad.size(2),
                                       .out_width = grad.size(3),
                                       .kernel = weight.size(2),
                                       .stride = number("stride"),
                                       .padding = number("padding"),
                                       .dilation = number("dilation")};
    variable_list result(6);
    if (context->needs_input_grad(0)) result[0] = input_gradient(x, weight, grad, shape);
    if (context->needs_input_grad(1)) result[1] = weight_gradient(x, weight, grad, shape);
    if (context->saved_data["has_bias"].toBool())
      result[2] = grads[0].sum({0, 2, 3}, false, torch::kFloat32).to(x.scalar_type());
    return result;
  }
};

bool is_square(const torch::ExpandingArray<2>& sides) { return sides->at(0) == sides->at(1); }

// Depthwise, and of a kind that oneDNN's gradients are slow for.
bool gains(const torch::nn::Conv2dImpl& conv) {
  const auto& options = conv.options;
  const auto* padding = std::get_if<torch::ExpandingArray<2>>(&options.padding());
  return options.groups() > 1 && options.groups() == options.in_channels() &&
         options.in_channels() == options.out_channels() &&
         (options.stride()->at(0) > 1 || options.kernel_size()->at(0) > 3) && padding != nullptr &&
         is_square(*padding) && is_square(options.kernel_size()) && is_square(options.stride()) &&
         is_square(options.dilation()) &&
         std::holds_alternative<torch::enumtype::kZeros>(options.padding_mode());
}

bool loops_apply(const torch::nn::Conv2dImpl& conv, const Tensor& x) {
  if (!torch::GradMode::is_enabled() || !x.device().is_cpu() || x.dim() != 4 || !gains(conv)) return false;
  const torch::ScalarType type = autocast_type(x);
  return x.size(1) == conv.options.in_channels() && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         (type == torch::kFloat32 || type == torch::kBFloat16) &&
         (conv.weight.scalar_type() == type || conv.weight.scalar_type() == torch::kFloat32);
}

}  // namespace

Tensor convolved(torch::nn::Conv2d conv, const Tensor& x) {
  if (!loops_apply(*conv, x)) return conv(x);
  const torch::ScalarType type = autocast_type(x);
  const Tensor bias = conv->bias.defined() ? conv->bias.to(type) : torch::empty({0}, x.options().dtype(type));
  const auto& options = conv->options;
  return DepthwiseFunction::apply(x.to(type), conv->weight.to(type), bias, options.stride()->at(0),
                                  std::get<torch::ExpandingArray<2>>(options.padding())->at(0),
                                  options.dilation()->at(0));
}

}  // namespace nadir
