#include "data/batch_transforms/partners.h"

#include "data/pixel_moves.h"

namespace nadir {

double draw_beta(double alpha, RandomStream& random) {
  while (true) {
    // In logarithms: small alphas raise to high powers.
    const double x = std::log1p(-random.uniform()) / alpha, y = std::log1p(-random.uniform()) / alpha;
    const double largest = std::max(x, y);
    const double sum = largest + std::log(std::exp(x - largest) + std::exp(y - largest));
    if (sum <= 0) return std::exp(x - sum);
  }
}

torch::Tensor reorder(const torch::Tensor& tensor, const std::vector<std::int64_t>& order) {
  if (!tensor.defined()) return tensor;
  const torch::Tensor indices = torch::tensor(order, torch::kInt64);
  return move_pixels(tensor, [&](const torch::Tensor& rows) { return rows.index_select(0, indices); });
}

bool can_mix(const Batch& batch) {
  return batch.targets.defined() && batch.images.size(0) > 1 && !batch.mix_targets.defined();
}

}  // namespace nadir
