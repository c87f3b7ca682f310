#include <torch/torch.h>

#include "generate/score/feature_sets.h"

namespace nadir {
namespace {

// Rows without their mean, over the root of their degrees of freedom: the covariance is its square.
torch::Tensor deviations(const torch::Tensor& features) {
  return (features - features.mean(0)) / std::sqrt(static_cast<double>(features.size(0) - 1));
}

// The symmetric root of a covariance; eigenvalues that rounding made negative are 0.
torch::Tensor symmetric_root(const torch::Tensor& matrix) {
  const auto [values, vectors] = torch::linalg_eigh(matrix, "L");
  return (vectors * values.clamp_min(0).sqrt().unsqueeze(0)).mm(vectors.t());
}

// tr (Ca Cb)^(1/2), of Ca = a'a and Cb = b'b. Few rows: the singular values of a b', without squaring them.
// Else the eigenvalues of a symmetric matrix that has those of the product: Ca^(1/2) Cb Ca^(1/2).
torch::Tensor trace_of_root(const torch::Tensor& a, const torch::Tensor& b) {
  if (std::min(a.size(0), b.size(0)) < a.size(1)) {
    return torch::linalg_svdvals(a.mm(b.t()), c10::nullopt).sum();
  }
  const torch::Tensor root = symmetric_root(a.t().mm(a));
  const torch::Tensor product = root.mm(b.t().mm(b)).mm(root);
  return torch::linalg_eigvalsh((product + product.t()) / 2, "L").clamp_min(0).sqrt().sum();
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
  const torch::Tensor one = a.to(torch::kFloat64), other = b.to(torch::kFloat64);
  const torch::Tensor from_one = deviations(one), from_other = deviations(other);
  const torch::Tensor distance = (one.mean(0) - other.mean(0)).square().sum() + from_one.square().sum() +
                                 from_other.square().sum() - 2 * trace_of_root(from_one, from_other);
  return distance.item<double>();
}

}  // namespace nadir
