#include <torch/torch.h>

#include "generate/score/feature_sets.h"

namespace nadir {
namespace {

struct Moments {
  torch::Tensor mean;        // [D]
  torch::Tensor covariance;  // [D, D], unbiased
};

Moments moments(const torch::Tensor& features) {
  const torch::Tensor mean = features.mean(0), centred = features - mean;
  return {mean, centred.t().mm(centred) / static_cast<double>(features.size(0) - 1)};
}

// The symmetric root of a covariance; eigenvalues that rounding made negative are 0.
torch::Tensor symmetric_root(const torch::Tensor& matrix) {
  const auto [values, vectors] = torch::linalg_eigh(matrix, "L");
  return (vectors * values.clamp_min(0).sqrt().unsqueeze(0)).mm(vectors.t());
}

}  // namespace

void check_feature_sets(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.dim() != 2 || b.dim() != 2 || a.size(1) != b.size(1)) {
    throw ConfigError("two sets of features have to have as many numbers a row");
  }
  if (a.size(0) < 2 || b.size(0) < 2) throw ConfigError("a set of features needs two rows or more");
}

double frechet_distance(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::NoGradGuard no_grad;
  check_feature_sets(a, b);
  const Moments one = moments(a.to(torch::kFloat64)), other = moments(b.to(torch::kFloat64));
  // tr (Ca Cb)^(1/2) by a symmetric matrix of the same eigenvalues: Ca^(1/2) Cb Ca^(1/2).
  const torch::Tensor root = symmetric_root(one.covariance);
  const torch::Tensor product = root.mm(other.covariance).mm(root);
  const torch::Tensor values = torch::linalg_eigvalsh((product + product.t()) / 2, "L");
  const torch::Tensor distance = (one.mean - other.mean).square().sum() + one.covariance.trace() +
                                 other.covariance.trace() - 2 * values.clamp_min(0).sqrt().sum();
  return distance.item<double>();
}

}  // namespace nadir
