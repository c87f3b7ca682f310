#include <ATen/ATen.h>

#include <stdexcept>

#include "metrics/metric_state.h"
#include "nadir/metrics.h"

namespace nadir {

void CompetitionDice::add(const torch::Tensor& truth, const torch::Tensor& prediction) {
  if (truth.sizes() != prediction.sizes() || truth.dim() != 4) {
    throw std::logic_error("CompetitionDice: truth and prediction have to be [N, K, H, W] of one shape");
  }
  const auto pixels = [](const torch::Tensor& mask) { return mask.flatten(2).sum(2, false, at::kDouble); };
  const torch::Tensor a = truth.ne(0);
  const torch::Tensor b = prediction.ne(0);
  const torch::Tensor both = pixels(a.logical_and(b));
  const torch::Tensor either = pixels(a) + pixels(b);
  sum_ += at::where(either.eq(0), 1.0, 2 * both / either).sum().item<double>();
  pairs_ += truth.size(0) * truth.size(1);
}

void CompetitionDice::add(const CompetitionDice& other) {
  sum_ += other.sum_;
  pairs_ += other.pairs_;
}

void CompetitionDice::load_state(std::span<const double> state) {
  check_metric_state("competition Dice", state.size(), 2);
  sum_ = state[0];
  pairs_ = static_cast<std::int64_t>(state[1]);
}

double CompetitionDice::score() const { return sum_ / static_cast<double>(pairs_); }

}  // namespace nadir
