#include "train/image_outputs.h"

#include <torch/optim/lbfgs.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace nadir {
namespace {

constexpr double kMostTemperature = 20;
constexpr int kFitSteps = 100;

// [N] of logits / temperature; both of one floating type.
torch::Tensor losses_of(const torch::Tensor& logits, const torch::Tensor& targets) {
  const torch::Tensor counted = targets.ne(kIgnore);
  if (targets.dim() == 2) {
    const torch::Tensor y = targets.eq(1).to(logits.scalar_type());
    const torch::Tensor each =
        torch::binary_cross_entropy_with_logits(logits, y, {}, {}, at::Reduction::None);
    return (each * counted).sum(1);
  }
  const torch::Tensor truth = targets.masked_fill(counted.logical_not(), 0).unsqueeze(1);
  return -logits.log_softmax(1).gather(1, truth).squeeze(1) * counted;
}

}  // namespace

torch::Tensor ImageOutputs::probabilities(double temperature) const {
  const torch::Tensor scaled = logits / temperature;
  return targets.dim() == 2 ? scaled.sigmoid() : scaled.softmax(1);
}

torch::Tensor ImageOutputs::log_losses(double temperature) const {
  return losses_of(logits.to(torch::kFloat64) / temperature, targets);
}

BatchVisitor collect_outputs(std::vector<ImageOutputs>& batches) {
  return [&batches](const Batch& batch, torch::Tensor& logits) {
    batches.push_back({batch.ids, logits.cpu().clone(), batch.targets.clone()});
  };
}

ImageOutputs join_outputs(const std::vector<ImageOutputs>& batches) {
  ImageOutputs all;
  std::vector<torch::Tensor> logits, targets;
  for (const ImageOutputs& each : batches) {
    all.ids.insert(all.ids.end(), each.ids.begin(), each.ids.end());
    logits.push_back(each.logits);
    targets.push_back(each.targets);
  }
  if (batches.empty()) throw DataError("there is no image to look at");
  all.logits = torch::cat(logits);
  all.targets = torch::cat(targets);
  return all;
}

double fit_temperature(const ImageOutputs& outputs) {
  const double counted = outputs.targets.ne(kIgnore).sum().item<double>();
  if (counted == 0) throw DataError("no image has a label that a temperature could be fitted to");
  const torch::AutoGradMode grad(true);
  const torch::Tensor logits = outputs.logits.to(torch::kFloat64);
  torch::Tensor log_t = torch::zeros({1}, torch::TensorOptions(torch::kFloat64).requires_grad(true));
  torch::optim::LBFGS optimizer(
      {log_t}, torch::optim::LBFGSOptions(1).max_iter(kFitSteps).line_search_fn("strong_wolfe"));
  const double bound = std::log(kMostTemperature);
  optimizer.step([&] {
    optimizer.zero_grad();
    const torch::Tensor t = log_t.clamp(-bound, bound).exp();
    torch::Tensor loss = losses_of(logits / t, outputs.targets).sum() / counted;
    loss.backward();
    return loss;
  });
  const double found = log_t.item<double>();
  if (!std::isfinite(found))
    throw DataError("the temperature could not be fitted: the logits are not finite");
  return std::exp(std::clamp(found, -bound, bound));
}

}  // namespace nadir
