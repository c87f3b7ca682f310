#include "models/diffusion/residual.h"

#include <torch/nn/functional.h>

namespace nadir {
namespace {

torch::nn::Conv2d conv3x3(std::int64_t in, std::int64_t out, std::int64_t stride = 1,
                          std::int64_t padding = 1) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 3).stride(stride).padding(padding));
}

}  // namespace

torch::nn::GroupNorm group_norm(std::int64_t channels, const GroupNormFlavour& flavour) {
  return torch::nn::GroupNorm(torch::nn::GroupNormOptions(flavour.groups, channels).eps(flavour.eps));
}

torch::Tensor norm_silu(torch::nn::GroupNorm& norm, const torch::Tensor& x) {
  torch::Tensor y = norm(x);
  return torch::GradMode::is_enabled() ? torch::silu(y) : torch::silu_(y);
}

torch::Tensor add_to(torch::Tensor a, const torch::Tensor& b) {
  const bool fits = !torch::GradMode::is_enabled() && at::result_type(a, b) == a.scalar_type();
  return fits ? a.add_(b) : a + b;
}

ResidualBlockImpl::ResidualBlockImpl(std::int64_t in, std::int64_t out, std::int64_t time,
                                     const GroupNormFlavour& norm) {
  norm1_ = register_module("norm1", group_norm(in, norm));
  conv1_ = register_module("conv1", conv3x3(in, out));
  if (time > 0) time_emb_proj_ = register_module("time_emb_proj", Linear(time, out));
  norm2_ = register_module("norm2", group_norm(out, norm));
  conv2_ = register_module("conv2", conv3x3(out, out));
  if (in != out) {
    conv_shortcut_ =
        register_module("conv_shortcut", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1)));
  }
}

torch::Tensor ResidualBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& time) {
  torch::Tensor y = conv1_(norm_silu(norm1_, x));
  if (time_emb_proj_) y = add_to(y, time_emb_proj_(torch::silu(time)).unsqueeze(2).unsqueeze(3));
  y = conv2_(norm_silu(norm2_, y));
  return add_to(y, conv_shortcut_ ? conv_shortcut_(x) : x);
}

HalvingImpl::HalvingImpl(std::int64_t channels, std::int64_t padding)
    : padding_(padding), conv_(register_module("conv", conv3x3(channels, channels, 2, padding))) {}

torch::Tensor HalvingImpl::forward(const torch::Tensor& x) {
  return conv_(padding_ == 0 ? torch::constant_pad_nd(x, {0, 1, 0, 1}) : x);
}

DoublingImpl::DoublingImpl(std::int64_t channels)
    : conv_(register_module("conv", conv3x3(channels, channels))) {}

torch::Tensor DoublingImpl::forward(const torch::Tensor& x, const std::vector<std::int64_t>& size) {
  const std::vector<std::int64_t> wanted =
      size.empty() ? std::vector<std::int64_t>{2 * x.size(2), 2 * x.size(3)} : size;
  return conv_(torch::upsample_nearest2d(x, wanted));
}

}  // namespace nadir
