#include <ATen/ATen.h>

#include <stdexcept>

#include "metrics/metric_state.h"
#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

// [N, K, H, W] double: 0 or 1, 0 where ignored
torch::Tensor maps_of(const torch::Tensor& truth, const torch::Tensor& probabilities) {
  if (truth.sizes() == probabilities.sizes()) return truth.eq(1).to(at::kDouble);
  const torch::Tensor classes = at::arange(probabilities.size(1), truth.options()).view({1, -1, 1, 1});
  return truth.unsqueeze(1).eq(classes).to(at::kDouble);
}

}  // namespace

void SoftOverlap::add(const torch::Tensor& probabilities, const torch::Tensor& truth) {
  const bool by_class = truth.sizes() == probabilities.sizes();
  if (probabilities.dim() != 4 || (!by_class && truth.sizes() != probabilities.select(1, 0).sizes())) {
    throw std::logic_error(
        "SoftOverlap: probabilities have to be [N, K, H, W], truth [N, H, W] or their shape");
  }
  const torch::Tensor valid = by_class ? truth.ne(kIgnore) : truth.ne(kIgnore).unsqueeze(1);
  const torch::Tensor p = probabilities.to(at::kDouble) * valid;
  const torch::Tensor y = maps_of(truth, probabilities);
  const auto overlap = (p * y).sum().item<double>();
  const auto sizes = (p.sum() + y.sum()).item<double>();
  const auto images = static_cast<double>(probabilities.size(0));
  dice_sum_ += images * (2 * overlap + smooth_) / (sizes + smooth_);
  iou_sum_ += images * (overlap + smooth_) / (sizes - overlap + smooth_);
  images_ += probabilities.size(0);
}

void SoftOverlap::add(const SoftOverlap& other) {
  dice_sum_ += other.dice_sum_;
  iou_sum_ += other.iou_sum_;
  images_ += other.images_;
}

void SoftOverlap::load_state(std::span<const double> state) {
  check_metric_state("soft overlap", state.size(), 3);
  dice_sum_ = state[0];
  iou_sum_ = state[1];
  images_ = static_cast<std::int64_t>(state[2]);
}

double SoftOverlap::dice() const { return dice_sum_ / static_cast<double>(images_); }

double SoftOverlap::iou() const { return iou_sum_ / static_cast<double>(images_); }

}  // namespace nadir
