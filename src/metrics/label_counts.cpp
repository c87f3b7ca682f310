#include <ATen/ATen.h>

#include <stdexcept>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

// [K] int64 on the CPU: over all axes but the second.
torch::Tensor per_class(const torch::Tensor& mask) { return mask.transpose(0, 1).flatten(1).sum(1).cpu(); }

}  // namespace

void LabelCounts::add(const torch::Tensor& truth, const torch::Tensor& prediction) {
  if (truth.sizes() != prediction.sizes() || truth.dim() < 2 || truth.size(1) != classes()) {
    throw std::logic_error("LabelCounts: truth and prediction have to be [N, " + std::to_string(classes()) +
                           ", ...] of one shape");
  }
  const torch::Tensor valid = truth.ne(kIgnore);
  const torch::Tensor is = truth.eq(1);
  const torch::Tensor said = prediction.to(truth.device()).eq(1).logical_and_(valid);
  const torch::Tensor counted = per_class(valid);
  const torch::Tensor both = per_class(is.logical_and(said));
  const torch::Tensor true_pixels = per_class(is);
  const torch::Tensor said_pixels = per_class(said);
  for (std::int64_t k = 0; k < classes(); ++k) {
    const auto at = [&](const torch::Tensor& t) { return t.const_data_ptr<std::int64_t>()[k]; };
    Counts& count = counts_[static_cast<std::size_t>(k)];
    count.true_positive += at(both);
    count.false_positive += at(said_pixels) - at(both);
    count.false_negative += at(true_pixels) - at(both);
    count.true_negative += at(counted) - at(true_pixels) - at(said_pixels) + at(both);
  }
}

void LabelCounts::add(const LabelCounts& other) {
  if (other.classes() != classes()) {
    throw std::logic_error("LabelCounts: merging " + std::to_string(other.classes()) + " classes into " +
                           std::to_string(classes()));
  }
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    counts_[k].true_positive += other.counts_[k].true_positive;
    counts_[k].false_positive += other.counts_[k].false_positive;
    counts_[k].false_negative += other.counts_[k].false_negative;
    counts_[k].true_negative += other.counts_[k].true_negative;
  }
}

std::int64_t LabelCounts::total() const {
  std::int64_t sum = 0;
  for (const Counts& each : counts_) sum += each.total();
  return sum;
}

}  // namespace nadir
