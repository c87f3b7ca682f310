#include <ATen/ATen.h>

#include "nadir/metrics.h"

namespace nadir {
namespace {

// [1, K, 1, 1], one for all classes or one for each
torch::Tensor threshold_map(const std::vector<double>& thresholds, const torch::Tensor& logits) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(logits.dim()), 1);
  shape[1] = static_cast<std::int64_t>(thresholds.size());
  return at::tensor(thresholds, logits.options().requires_grad(false)).view(shape);
}

}  // namespace

MetricInput::MetricInput(const torch::Tensor& logits, const torch::Tensor& truth,
                         const MetricContext& context)
    : context_(context), logits_(logits.detach().to(torch::kFloat32)), truth_(truth.to(logits.device())) {}

const torch::Tensor& MetricInput::prediction() const {
  if (prediction_.defined()) return prediction_;
  if (is_multilabel(context_.task)) {
    const std::vector<double> half = {0.5};
    const auto& thresholds = context_.thresholds.empty() ? half : context_.thresholds;
    return prediction_ = probabilities().ge(threshold_map(thresholds, logits_)).to(torch::kUInt8);
  }
  return prediction_ = logits_.argmax(1).to(torch::kUInt8);
}

const torch::Tensor& MetricInput::probabilities() const {
  if (probabilities_.defined()) return probabilities_;
  return probabilities_ = is_multilabel(context_.task) ? logits_.sigmoid() : logits_.softmax(1);
}

}  // namespace nadir
