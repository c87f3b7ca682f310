#include "models/blocks/activation.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "models/blocks/map_type.h"

namespace nadir {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// `job` gets ranges of whole blocks: the first value, how many, and the first block.
template <class Job>
void for_each_range(std::int64_t count, const Job& job) {
  constexpr auto kBlock = static_cast<std::int64_t>(kernel::kDropBlock);
  constexpr std::int64_t kGrain = 32;
  parallel_for(0, (count + kBlock - 1) / kBlock, kGrain, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t first = begin * kBlock, last = std::min(end * kBlock, count);
    job(first, static_cast<std::size_t>(last - first), static_cast<std::size_t>(begin));
  });
}

Tensor run_forward(Activation f, const Tensor& x, const kernel::Drop& drop) {
  Tensor y = torch::empty_like(x);
  with_type(x, [&](auto type) {
    using T = decltype(type);
    const auto* const from = static_cast<const T*>(x.const_data_ptr());
    auto* const to = static_cast<T*>(y.mutable_data_ptr());
    for_each_range(x.numel(), [&](std::int64_t first, std::size_t count, std::size_t block) {
      kernel::activation_forward(f, from + first, count, block, drop, to + first);
    });
  });
  return y;
}

// `saved` and `grad` lie in memory alike.
Tensor run_backward(Activation f, const Tensor& saved, const Tensor& grad, const kernel::Drop& drop) {
  Tensor grad_x = torch::empty_like(grad);
  with_type(grad, [&](auto type) {
    using T = decltype(type);
    const auto *const kept = static_cast<const T*>(saved.const_data_ptr()), *const from =
                                                                                static_cast<const T*>(
                                                                                    grad.const_data_ptr());
    auto* const to = static_cast<T*>(grad_x.mutable_data_ptr());
    for_each_range(grad.numel(), [&](std::int64_t first, std::size_t count, std::size_t block) {
      kernel::activation_backward(f, kept + first, from + first, count, block, drop, to + first);
    });
  });
  return grad_x;
}

kernel::Drop drop_of(double dropout, std::int64_t key) {
  return {.key = static_cast<std::uint64_t>(key),
          .below = static_cast<std::uint32_t>(std::min(std::ldexp(dropout, 32), 0x1p32 - 1)),
          .scale = static_cast<float>(1 / (1 - dropout))};
}

class ActivationFunction : public torch::autograd::Function<ActivationFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& x, std::int64_t activation, double dropout,
                        std::int64_t key) {
    const auto f = static_cast<Activation>(activation);
    const Tensor y = run_forward(f, x, drop_of(dropout, key));
    if (f == Activation::kGelu) context->save_for_backward({x});
    if (f == Activation::kElu || f == Activation::kRelu) context->save_for_backward({y});
    context->saved_data["activation"] = activation;
    context->saved_data["dropout"] = dropout;
    context->saved_data["key"] = key;
    context->saved_data["strides"] = x.strides().vec();
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const auto f = static_cast<Activation>(context->saved_data["activation"].toInt());
    const variable_list saved = context->get_saved_variables();
    const kernel::Drop drop =
        drop_of(context->saved_data["dropout"].toDouble(), context->saved_data["key"].toInt());
    // Numbers were drawn in the order of x's memory.
    const auto strides = context->saved_data["strides"].toIntVector();
    Tensor grad = grads[0];
    if (grad.strides() != strides)
      grad = torch::empty_strided(grad.sizes(), strides, grad.options()).copy_(grad);
    return {run_backward(f, saved.empty() ? grad : saved[0], grad, drop), {}, {}, {}};
  }
};

bool loops_apply(const Tensor& x, double dropout) {
  if (is_traced()) return false;
  const bool type = x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16;
  const bool learns = torch::GradMode::is_enabled() && x.requires_grad();
  return type && (learns || dropout > 0) && x.device().is_cpu() && x.is_non_overlapping_and_dense();
}

Tensor one_after_another(Activation f, Tensor x, double dropout) {
  if (f == Activation::kRelu) x = x.relu_();
  if (f == Activation::kElu) x = torch::elu_(x);
  if (f == Activation::kGelu) x = torch::gelu(x);
  return dropout > 0 ? torch::dropout(x, dropout, /*train=*/true) : x;
}

}  // namespace

Tensor activate(Activation f, const Tensor& x, double dropout) {
  if (f == Activation::kNone && dropout == 0) return x;
  if (!loops_apply(x, dropout)) return one_after_another(f, x, dropout);
  const std::int64_t key = dropout > 0 ? torch::empty({}, torch::kInt64).random_().item<std::int64_t>() : 0;
  if (!torch::GradMode::is_enabled()) return run_forward(f, x, drop_of(dropout, key));
  return ActivationFunction::apply(x, static_cast<std::int64_t>(f), dropout, key);
}

double drop_rate(const torch::nn::Dropout& drop) { return drop->is_training() ? drop->options.p() : 0; }

}  // namespace nadir
