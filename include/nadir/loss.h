// Losses on logits. A recipe's loss is a weighted sum of them: `loss: {cross_entropy: 1.0, dice: 0.5}`.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nadir/config.h"
#include "nadir/data.h"

namespace nadir {

// A batch as the terms of a loss see it. What several terms need is computed once, when it is first asked
// for, so that a sum of terms costs one softmax. Not for use from several threads at a time.
class LossInput {
 public:
  // logits: [N, K, H, W] (or [N, K]) of any floating type; half precision is computed in float32.
  // target: multiclass [N, H, W] (or [N]) class indices; multilabel the shape of logits, 0 or 1. kIgnore does
  // not count. Throws std::logic_error for shapes that do not belong together, DataError for a class that is
  // not there.
  LossInput(const torch::Tensor& logits, const torch::Tensor& target);

  bool multilabel() const { return multilabel_; }
  std::int64_t classes() const { return logits_.size(1); }
  const torch::Tensor& logits() const { return logits_; }  // [N, K, H, W] (or [N, K, 1]) float32 or float64
  const torch::Tensor& target() const { return target_; }  // as given, with [N] as [N, 1]
  const torch::Tensor& truth() const;                      // [N, K, H, W] 0 or 1: one-hot; 0 where ignored
  const torch::Tensor& valid() const;                      // [N, 1 or K, H, W] 0 where ignored, else 1
  const torch::Tensor& log_softmax() const;                // [N, K, H, W]
  const torch::Tensor& softmax() const;
  const torch::Tensor& sigmoid() const;

  // What overlap losses are made of, for each image and class, over the pixels that count: [N, K] each.
  struct Sums {
    torch::Tensor overlap;    // sum of p y
    torch::Tensor predicted;  // sum of p
    torch::Tensor truth;      // sum of y
    torch::Tensor pixels;     // how many count
  };
  const Sums& softmax_sums() const;
  const Sums& sigmoid_sums() const;

 private:
  Sums sums_of(const torch::Tensor& probabilities) const;

  torch::Tensor logits_, target_;
  bool multilabel_ = false;
  mutable torch::Tensor truth_, valid_, log_softmax_, softmax_, sigmoid_;
  mutable std::optional<Sums> softmax_sums_, sigmoid_sums_;
};

// One term. Gradients flow into logits; the result is a scalar.
class Loss {
 public:
  virtual ~Loss() = default;
  // A batch in which every pixel is ignored gives 0 with zero gradient, never NaN.
  virtual torch::Tensor value(const LossInput& input) const = 0;
  torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& target) const {
    return value(LossInput(logits, target));
  }
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
  // Deep supervision: the loss of `logits` and, times its weight, of each auxiliary output. The weights are
  // not normalised; one weight stands for all.
  torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& target,
                           const std::vector<torch::Tensor>& auxiliary,
                           const std::vector<double>& weights) const;

 private:
  std::vector<std::pair<double, std::unique_ptr<Loss>>> terms_;
};

// Factor times the sum of squares of the convolution kernels (parameters of three or more dimensions; no
// biases, no norms), to be added to a loss: Keras' kernel_regularizer of studies 001 and 003. Its gradient is
// 2 factor w.
torch::Tensor kernel_l2(const std::vector<torch::Tensor>& parameters, double factor);

}  // namespace nadir
