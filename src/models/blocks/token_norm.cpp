#include "models/blocks/token_norm.h"

#include <torch/torch.h>

#include "core/parallel.h"
#include "models/blocks/map_type.h"
#include "models/blocks/token_norm_kernel.h"

namespace nadir {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kRows = 64;  // of a chunk, whose weight gradients are summed by themselves

template <class T>
T* values(const Tensor& tensor) {
  return tensor.defined() ? static_cast<T*>(tensor.mutable_data_ptr()) : nullptr;
}

template <class T>
T* at_row(T* first, std::int64_t row, std::int64_t width) {
  return first ? first + row * width : nullptr;
}

// `job` gets chunks of rows: their number, the first row, how many.
template <class Job>
void for_each_chunk(std::int64_t rows, const Job& job) {
  parallel_for(0, (rows + kRows - 1) / kRows, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      job(i, i * kRows, static_cast<std::size_t>(std::min(kRows, rows - i * kRows)));
  });
}

using Given = std::optional<Tensor>;

// Returns the sum, where there is a branch, and the norm.
class SumNormFunction : public torch::autograd::Function<SumNormFunction> {
 public:
  static variable_list forward(AutogradContext* context, const Tensor& tokens, const Given& branch,
                               const Tensor& weight, const Tensor& bias, double eps) {
    const std::int64_t width = tokens.size(-1), rows = tokens.numel() / width;
    const Tensor other = branch.value_or(Tensor()), sum = branch ? torch::empty_like(tokens) : tokens;
    const Tensor normed = torch::empty_like(tokens, torch::kBFloat16);
    const Tensor statistics = torch::empty({2, rows}, torch::kFloat32);
    const kernel::TokenNormValues norm{.weight = values<float>(weight),
                                       .bias = values<float>(bias),
                                       .eps = static_cast<float>(eps),
                                       .mean = values<float>(statistics),
                                       .inverse = values<float>(statistics) + rows};
    for_each_chunk(rows, [&](std::int64_t, std::int64_t row, std::size_t count) {
      kernel::token_norm_forward(
          at_row(values<float>(tokens), row, width), at_row(values<kernel::BFloat16>(other), row, width),
          from_row(norm, row), count, static_cast<std::size_t>(width), at_row(values<float>(sum), row, width),
          at_row(values<kernel::BFloat16>(normed), row, width));
    });
    context->save_for_backward({sum, weight, bias, statistics});
    context->saved_data["branch"] = branch.has_value();
    return branch ? variable_list{sum, normed} : variable_list{normed};
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &sum = saved[0], &weight = saved[1], &statistics = saved[3];
    const bool branch = context->saved_data["branch"].toBool();
    const std::int64_t width = sum.size(-1), rows = sum.numel() / width, chunks = (rows + kRows - 1) / kRows;
    const Tensor grad_y = grads.back().to(torch::kBFloat16).contiguous();
    const Tensor grad_sum = branch ? grads[0].to(torch::kFloat32).contiguous() : Tensor();
    const Tensor grad_x = torch::empty_like(sum);
    const Tensor grad_branch = branch ? torch::empty_like(sum, torch::kBFloat16) : Tensor();
    const Tensor parts = torch::empty({2, chunks, width}, torch::kFloat32);  // of weight and bias
    const kernel::TokenNormValues norm{.weight = values<float>(weight),
                                       .bias = nullptr,
                                       .eps = 0,
                                       .mean = values<float>(statistics),
                                       .inverse = values<float>(statistics) + rows};
    for_each_chunk(rows, [&](std::int64_t chunk, std::int64_t row, std::size_t count) {
      const kernel::TokenNormGradients gradients{
          .grad_y = at_row(values<kernel::BFloat16>(grad_y), row, width),
          .grad_sum = at_row(values<float>(grad_sum), row, width),
          .grad_x = at_row(values<float>(grad_x), row, width),
          .grad_branch = at_row(values<kernel::BFloat16>(grad_branch), row, width)};
      kernel::token_norm_backward(at_row(values<float>(sum), row, width), gradients, from_row(norm, row),
                                  count, static_cast<std::size_t>(width),
                                  at_row(values<float>(parts), chunk, width),
                                  at_row(values<float>(parts), chunks + chunk, width));
    });
    const Tensor sums = parts.sum(1);
    return {grad_x, grad_branch, sums[0], sums[1], {}};
  }

 private:
  static kernel::TokenNormValues from_row(kernel::TokenNormValues norm, std::int64_t row) {
    norm.mean += row;
    norm.inverse += row;
    return norm;
  }
};

bool loops_apply(const torch::nn::LayerNormImpl& norm, const Tensor& tokens, const Tensor& branch) {
  if (is_traced()) return false;
  const bool types = tokens.scalar_type() == torch::kFloat32 && autocast_type(tokens) == torch::kBFloat16 &&
                     (!branch.defined() || branch.scalar_type() == torch::kBFloat16);
  const bool layout = tokens.is_contiguous() &&
                      (!branch.defined() || (branch.is_contiguous() && branch.sizes() == tokens.sizes()));
  return types && layout && tokens.device().is_cpu() && tokens.numel() > 0 &&
         norm.options.elementwise_affine() && norm.options.normalized_shape().size() == 1 &&
         norm.options.normalized_shape()[0] == tokens.size(-1) &&
         norm.weight.scalar_type() == torch::kFloat32 && norm.weight.is_contiguous() &&
         norm.bias.is_contiguous();
}

}  // namespace

NormedSum sum_norm(torch::nn::LayerNorm norm, const Tensor& tokens, const Tensor& branch) {
  if (!loops_apply(*norm, tokens, branch)) {
    const Tensor sum = branch.defined() ? tokens + branch : tokens;
    return {sum, norm(sum)};
  }
  const variable_list made = SumNormFunction::apply(tokens, branch.defined() ? Given(branch) : std::nullopt,
                                                    norm->weight, norm->bias, norm->options.eps());
  return {branch.defined() ? made[0] : tokens, made.back()};
}

}  // namespace nadir
