#include "models/blocks/attention.h"

#include <cmath>

#include "models/blocks/activation.h"
#include "nadir/error.h"

namespace nadir {
namespace {

std::string by(std::int64_t height, std::int64_t width) {
  return std::to_string(height) + " x " + std::to_string(width);
}

}  // namespace

torch::Tensor attend(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                     std::int64_t heads, double dropout) {
  const auto split = [heads](const torch::Tensor& x) {
    return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
  };
  const torch::Tensor queries = split(q), keys = split(k), values = split(v);
  // With dropout torch computes the products too.
  const bool by_products = gains_by_products(queries, keys) || (dropout > 0 && q.device().is_cpu());
  const torch::Tensor joined = by_products
                                   ? attend_by_products(queries, keys, values, dropout)
                                   : torch::scaled_dot_product_attention(queries, keys, values, {}, dropout);
  return joined.transpose(1, 2).reshape(q.sizes());
}

torch::Tensor attend_by_products(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                 double dropout) {
  const double scale = 1 / std::sqrt(static_cast<double>(q.size(-1)));
  const torch::Tensor weights = (q * scale).matmul(k.transpose(-2, -1)).softmax(-1);
  return activate(Activation::kNone, weights, dropout).matmul(v);
}

bool gains_by_products(const torch::Tensor& q, const torch::Tensor& k) {
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

void require_size(const std::string& network, const torch::Tensor& image,
                  const std::vector<std::int64_t>& size) {
  if (image.size(2) == size[0] && image.size(3) == size[1]) return;
  throw ModelError(network + " was made for images of " + by(size[0], size[1]) + " pixels, found " +
                   by(image.size(2), image.size(3)) + "; resize them, or train with another image_size");
}

}  // namespace nadir
