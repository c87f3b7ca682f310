#include <torch/torch.h>

#include "generate/score/feature_sets.h"

namespace nadir {
namespace {

torch::Tensor kernel(const torch::Tensor& x, const torch::Tensor& y) {
  return (x.mm(y.t()) / static_cast<double>(x.size(1)) + 1).pow(3);
}

// Gretton et al. 2012, formula 4, of two sets of m rows: pairs of a row with itself are left out within a
// set.
double unbiased_mmd(const torch::Tensor& x, const torch::Tensor& y) {
  const auto m = static_cast<double>(x.size(0));
  const auto within = [&](const torch::Tensor& set) {
    const torch::Tensor all = kernel(set, set);
    return ((all.sum() - all.trace()) / (m * (m - 1))).item<double>();
  };
  return within(x) + within(y) - 2 * kernel(x, y).mean().item<double>();
}

torch::Tensor drawn(const torch::Tensor& set, std::int64_t count, RandomStream stream) {
  std::vector<std::int64_t> rows = permutation(set.size(0), stream);
  rows.resize(static_cast<std::size_t>(count));
  return set.index_select(0, torch::tensor(rows));
}

}  // namespace

KernelDistance kernel_distance(const torch::Tensor& a, const torch::Tensor& b,
                               const KernelDistanceConfig& config) {
  const torch::NoGradGuard no_grad;
  check_feature_sets(a, b);
  if (config.subsets < 1 || config.subset_size < 2) {
    throw ConfigError("a kernel distance needs a subset or more, of two rows or more");
  }
  const torch::Tensor x = a.to(torch::kFloat64), y = b.to(torch::kFloat64);
  const std::int64_t size = std::min({config.subset_size, x.size(0), y.size(0)});
  // Subsets of all rows are one and the same.
  const std::int64_t subsets = size == x.size(0) && size == y.size(0) ? 1 : config.subsets;
  const RandomStream stream = RandomStream(config.seed).child("kernel distance");
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < subsets; ++i) {
    const RandomStream own = stream.child(static_cast<std::uint64_t>(i));
    const double value = unbiased_mmd(drawn(x, size, own.child("a")), drawn(y, size, own.child("b")));
    sum += value, squares += value * value;
  }
  const auto n = static_cast<double>(subsets);
  return {sum / n, std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)))};
}

}  // namespace nadir
