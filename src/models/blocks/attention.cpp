#include "models/blocks/attention.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "models/blocks/activation.h"
#include "models/blocks/attention_kernel.h"
#include "models/blocks/map_type.h"
#include "nadir/error.h"

namespace nadir {
namespace {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const kernel::BFloat16* values(const Tensor& tensor) {
  return static_cast<const kernel::BFloat16*>(tensor.const_data_ptr());
}
kernel::BFloat16* mutable_values(const Tensor& tensor) {
  return static_cast<kernel::BFloat16*>(tensor.mutable_data_ptr());
}

// `job` gets the first value of a range of rows and their number.
template <class Job>
void for_each_row_range(const Tensor& scores, const Job& job) {
  constexpr std::int64_t kGrain = 64;
  const std::int64_t width = scores.size(-1);
  parallel_for(0, scores.numel() / width, kGrain, [&](std::int64_t begin, std::int64_t end) {
    job(begin * width, static_cast<std::size_t>(end - begin));
  });
}

void run_softmax(const Tensor& scores, double scale, const Tensor& weights) {
  const auto width = static_cast<std::size_t>(scores.size(-1));
  for_each_row_range(scores, [&](std::int64_t first, std::size_t rows) {
    std::vector<float> buffer(width);
    kernel::attention_weights(values(scores) + first, rows, width, static_cast<float>(scale), buffer.data(),
                              mutable_values(weights) + first);
  });
}

class SoftmaxFunction : public torch::autograd::Function<SoftmaxFunction> {
 public:
  static Tensor forward(AutogradContext* context, const Tensor& scores, double scale) {
    const Tensor weights = torch::empty_like(scores);
    run_softmax(scores, scale, weights);
    context->save_for_backward({weights});
    context->saved_data["scale"] = scale;
    return weights;
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const Tensor weights = context->get_saved_variables()[0], grad = grads[0].contiguous();
    const auto scale = static_cast<float>(context->saved_data["scale"].toDouble());
    const Tensor grad_scores = torch::empty_like(weights);
    for_each_row_range(weights, [&](std::int64_t first, std::size_t rows) {
      kernel::attention_weights_backward(values(weights) + first, values(grad) + first, rows,
                                         static_cast<std::size_t>(weights.size(-1)), scale,
                                         mutable_values(grad_scores) + first);
    });
    return {grad_scores, {}};
  }
};

bool loops_apply(const Tensor& q, const Tensor& k) {
  return !is_traced() && q.device().is_cpu() && q.scalar_type() == torch::kBFloat16 && q.dim() == 4 &&
         q.numel() * k.numel() > 0;
}

// A few images at a time, so that what lies between the products stays in the processor's cache. Without
// gradients.
Tensor attend_in_parts(const Tensor& q, const Tensor& k, const Tensor& v, double scale) {
  constexpr std::int64_t kWeights = 512 * 1024;  // of a part: 1 MiB
  const std::int64_t images = q.size(0), each = q.size(1) * q.size(2) * k.size(2);
  const std::int64_t part = std::max<std::int64_t>(1, kWeights / each);
  const Tensor joined = torch::empty({images, q.size(2), q.size(1), v.size(3)}, q.options()).transpose(1, 2);
  for (std::int64_t first = 0; first < images; first += part) {
    const auto heads = [&](const Tensor& all) {
      return all.narrow(0, first, std::min(part, images - first)).contiguous().flatten(0, 1);
    };
    const Tensor weights = heads(q).bmm(heads(k).transpose(1, 2)).contiguous();
    run_softmax(weights, scale, weights);
    const Tensor found = weights.bmm(heads(v));
    joined.narrow(0, first, std::min(part, images - first))
        .copy_(found.view({-1, q.size(1), q.size(2), v.size(3)}));
  }
  return joined;
}

std::string by(std::int64_t height, std::int64_t width) {
  return std::to_string(height) + " x " + std::to_string(width);
}

}  // namespace

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, std::int64_t heads, double dropout) {
  const auto split = [heads](const Tensor& x) {
    return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
  };
  const Tensor queries = split(q), keys = split(k), values = split(v);
  // With dropout torch computes the products too.
  const bool by_products = gains_by_products(queries, keys) || (dropout > 0 && q.device().is_cpu());
  const Tensor joined = by_products ? attend_by_products(queries, keys, values, dropout)
                                    : torch::scaled_dot_product_attention(queries, keys, values, {}, dropout);
  return joined.transpose(1, 2).reshape(q.sizes());
}

Tensor attend_by_products(const Tensor& q, const Tensor& k, const Tensor& v, double dropout) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(-1)));
  const bool in_loops = loops_apply(q, k);
  if (in_loops && dropout == 0 && !torch::GradMode::is_enabled()) return attend_in_parts(q, k, v, scale);
  // Keys that lie apart would be copied turned round, value by value.
  const Tensor turned = k.contiguous().transpose(-2, -1);
  const Tensor weights = in_loops ? SoftmaxFunction::apply(q.matmul(turned).contiguous(), scale)
                                  : (q * scale).matmul(turned).softmax(-1);
  return activate(Activation::kNone, weights, dropout).matmul(v);
}

bool gains_by_products(const Tensor& q, const Tensor& k) {
  constexpr std::int64_t kPairs = 1024 * 1024;  // of tokens: 2 MiB a head
  return q.device().is_cpu() && q.scalar_type() == torch::kBFloat16 && q.size(-2) * k.size(-2) <= kPairs;
}

void check_image_size(const std::vector<std::int64_t>& size, std::int64_t patch) {
  if (size.size() != 2) throw ConfigError("image_size needs a height and a width");
  if (size[0] % patch != 0 || size[1] % patch != 0) {
    throw ConfigError("image_size is " + by(size[0], size[1]) + "; both must be multiples of the patch, " +
                      std::to_string(patch));
  }
}

void require_size(const std::string& network, const Tensor& image, const std::vector<std::int64_t>& size) {
  if (image.size(2) == size[0] && image.size(3) == size[1]) return;
  throw ModelError(network + " was made for images of " + by(size[0], size[1]) + " pixels, found " +
                   by(image.size(2), image.size(3)) + "; resize them, or train with another image_size");
}

}  // namespace nadir
