// Losses on logits. A recipe's loss is a weighted sum of them: `loss: {cross_entropy: 1.0, dice: 0.5}`.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nadir/config.h"
#include "nadir/data.h"

namespace nadir {

// One term. Gradients flow into logits; the result is a scalar.
class Loss {
 public:
  virtual ~Loss() = default;
  // logits: [N, K, H, W] (or [N, K]) float; target: [N, H, W] uint8 or int64 class indices, kIgnore ignored.
  // A batch in which every pixel is ignored gives 0 with zero gradient, never NaN.
  virtual torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& target) const = 0;
};

struct LossContext {
  Task task = Task::kMulticlass;
  std::int64_t classes = 2;
};
using LossRegistry = Registry<std::unique_ptr<Loss>, const LossContext&>;
const LossRegistry& losses();

// A weighted sum. Every loss has an option `weight`, 1 by default.
class TotalLoss {
 public:
  TotalLoss(const std::vector<Component>& terms, const LossContext& context);
  torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& target) const;

 private:
  std::vector<std::pair<double, std::unique_ptr<Loss>>> terms_;
};

}  // namespace nadir
