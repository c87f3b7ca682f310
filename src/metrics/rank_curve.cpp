#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

}  // namespace

RankCurve::RankCurve(std::int64_t bins, std::span<const double> counts) : bins_(bins) {
  if (bins < 1 || counts.size() != 2 * static_cast<std::size_t>(bins)) {
    throw std::logic_error("RankCurve: " + std::to_string(counts.size()) + " counts for " +
                           std::to_string(bins) + " bins");
  }
  for (std::int64_t i = 0; i < bins; ++i) {
    const Count count{static_cast<std::int64_t>(counts[static_cast<std::size_t>(2 * i)]),
                      static_cast<std::int64_t>(counts[static_cast<std::size_t>(2 * i + 1)])};
    if (count.positives + count.negatives > 0) {
      counts_[static_cast<double>(i) / static_cast<double>(bins)] = count;
    }
  }
}

std::vector<double> RankCurve::bin_counts() const {
  std::vector<double> counts(2 * static_cast<std::size_t>(bins_));
  for (const auto& [score, count] : counts_) {
    const auto bin = static_cast<std::size_t>(std::lround(score * static_cast<double>(bins_)));
    counts[2 * bin] = static_cast<double>(count.positives);
    counts[2 * bin + 1] = static_cast<double>(count.negatives);
  }
  return counts;
}

// All pixels at once, on their own device: a map look-up for each would take longer than the network.
void RankCurve::add_binned(const torch::Tensor& truth, const torch::Tensor& score) {
  const torch::Tensor counted = truth.ne(kIgnore);
  const torch::Tensor t = truth.masked_select(counted).to(torch::kInt64);
  const torch::Tensor s = score.to(truth.device()).masked_select(counted).to(torch::kFloat64);
  if (t.numel() == 0) return;
  const auto [low, high] = at::aminmax(s);
  if (t.lt(0).logical_or_(t.gt(1)).any().item<bool>() ||
      !(low.item<double>() >= 0 && high.item<double>() <= 1)) {
    throw std::logic_error("RankCurve: truth other than 0 and 1, or a score from " +
                           std::to_string(low.item<double>()) + " to " + std::to_string(high.item<double>()) +
                           ", which is not in [0, 1], where the bins are");
  }
  const torch::Tensor bin =
      (s * static_cast<double>(bins_)).floor_().clamp_max_(static_cast<double>(bins_ - 1));
  const torch::Tensor found = at::bincount(bin.to(torch::kInt64) * 2 + t, {}, 2 * bins_).cpu();
  const std::int64_t* const number = found.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < bins_; ++i) {
    if (number[2 * i] + number[2 * i + 1] == 0) continue;
    Count& count = counts_[static_cast<double>(i) / static_cast<double>(bins_)];
    count.negatives += number[2 * i];
    count.positives += number[2 * i + 1];
  }
}

void RankCurve::add(const torch::Tensor& truth, const torch::Tensor& score) {
  if (truth.sizes() != score.sizes()) throw std::logic_error("RankCurve: truth and score differ in shape");
  if (bins_ > 0) return add_binned(truth, score);
  const torch::Tensor truths = truth.to(torch::kCPU, torch::kInt64).contiguous();
  const torch::Tensor scores = score.to(torch::kCPU, torch::kFloat64).contiguous();
  for (std::int64_t i = 0; i < truths.numel(); ++i) {
    const std::int64_t t = truths.const_data_ptr<std::int64_t>()[i];
    const double s = scores.const_data_ptr<double>()[i];
    if (t == kIgnore) continue;
    if ((t != 0 && t != 1) || std::isnan(s)) {
      throw std::logic_error("RankCurve: truth " + std::to_string(t) + ", score " + std::to_string(s));
    }
    Count& count = counts_[s];
    ++(t == 1 ? count.positives : count.negatives);
  }
}

void RankCurve::add(const RankCurve& other) {
  if (other.bins_ != bins_) throw std::logic_error("RankCurve: merging curves of different bins");
  for (const auto& [score, count] : other.counts_) {
    counts_[score].positives += count.positives;
    counts_[score].negatives += count.negatives;
  }
}

RankCurve::Count RankCurve::total() const {
  Count sum;
  for (const auto& [score, count] : counts_) {
    sum.positives += count.positives;
    sum.negatives += count.negatives;
  }
  return sum;
}

std::vector<RankCurve::Point> RankCurve::curve() const {
  const Count all = total();
  Count above = all;  // with this score or a higher one
  std::vector<Point> points;
  for (const auto& [score, count] : counts_) {
    const auto hits = static_cast<double>(above.positives);
    points.push_back(
        {.threshold = score,
         .precision = hits / (hits + static_cast<double>(above.negatives)),
         .recall = hits / static_cast<double>(all.positives),
         .false_positive = static_cast<double>(above.negatives) / static_cast<double>(all.negatives)});
    above.positives -= count.positives;
    above.negatives -= count.negatives;
  }
  points.push_back({.threshold = std::numeric_limits<double>::infinity(),
                    .precision = 1,
                    .recall = 0,
                    .false_positive = all.negatives > 0 ? 0 : kUndefined});
  return points;
}

double RankCurve::average_precision() const {
  if (total().positives == 0) return kUndefined;
  const std::vector<Point> points = curve();
  double area = 0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    area += (points[i].recall - points[i + 1].recall) * points[i].precision;
  }
  return area;
}

double RankCurve::pr_auc() const {
  if (total().positives == 0) return kUndefined;
  const std::vector<Point> points = curve();
  double area = 0;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    area += (points[i].recall - points[i + 1].recall) * (points[i].precision + points[i + 1].precision) / 2;
  }
  return area;
}

double RankCurve::roc_auc() const {
  const Count all = total();
  if (all.positives == 0 || all.negatives == 0) return kUndefined;
  double ordered = 0;  // pairs in the right order; a tie is half of one
  double below = 0;
  for (const auto& [score, count] : counts_) {
    const auto negatives = static_cast<double>(count.negatives);
    ordered += static_cast<double>(count.positives) * (below + negatives / 2);
    below += negatives;
  }
  return ordered / (static_cast<double>(all.positives) * static_cast<double>(all.negatives));
}

}  // namespace nadir
