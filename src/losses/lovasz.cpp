#include "losses/lovasz.h"

#include <ATen/ATen.h>

namespace nadir {
namespace {

// sorted_truth: [R, P] 0 or 1, each row in falling order of error -> [R, P], what each error counts.
torch::Tensor jaccard_steps(const torch::Tensor& sorted_truth) {
  const torch::Tensor positives = sorted_truth.sum(1, true);
  const torch::Tensor overlap = positives - sorted_truth.cumsum(1);
  const torch::Tensor together = positives + (1 - sorted_truth).cumsum(1);
  const torch::Tensor jaccard = 1 - overlap / together;
  const std::int64_t pixels = jaccard.size(1);
  return at::cat({jaccard.slice(1, 0, 1), jaccard.slice(1, 1) - jaccard.slice(1, 0, pixels - 1)}, 1);
}

class Lovasz final : public Loss {
 public:
  explicit Lovasz(LovaszConfig config) : config_(std::move(config)) {}

  torch::Tensor value(const LossInput& input) const override {
    // An ignored pixel has error 0: it is sorted to the end, where it counts nothing.
    const torch::Tensor errors = rows(error(input) * input.valid());
    const torch::Tensor truth = rows(input.truth());
    const auto [sorted, order] = errors.sort(1, /*descending=*/true);
    const torch::Tensor losses = (sorted * jaccard_steps(truth.gather(1, order))).sum(1);
    if (config_.classes == "all") return losses.mean();
    const torch::Tensor present = truth.sum(1).gt(0);
    return (losses * present).sum() / present.sum().clamp_min(1);
  }

 private:
  static torch::Tensor error(const LossInput& input) {
    if (!input.multilabel()) return (input.truth() - input.softmax()).abs();
    return (1 - input.logits() * (2 * input.truth() - 1)).clamp_min(0);
  }

  // [N, K, H, W] -> [K, N H W], or [N K, H W] for each image on its own
  torch::Tensor rows(const torch::Tensor& map) const {
    return config_.per_image ? map.flatten(2).flatten(0, 1) : map.transpose(0, 1).flatten(1);
  }

  LovaszConfig config_;
};

}  // namespace

std::unique_ptr<Loss> make_lovasz(const LovaszConfig& config, const LossContext&) {
  return std::make_unique<Lovasz>(config);
}

}  // namespace nadir
