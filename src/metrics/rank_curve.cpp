#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// The lower edge of the score's bin.
double binned(double score, std::int64_t bins) {
  if (bins == 0) return score;
  if (score < 0 || score > 1) {
    throw std::logic_error("RankCurve: score " + std::to_string(score) +
                           " is not in [0, 1], where the bins are");
  }
  const auto count = static_cast<double>(bins);
  return std::min(std::floor(score * count), count - 1) / count;
}

}  // namespace

void RankCurve::add(const torch::Tensor& truth, const torch::Tensor& score) {
  if (truth.sizes() != score.sizes()) throw std::logic_error("RankCurve: truth and score differ in shape");
  const torch::Tensor truths = truth.to(torch::kCPU, torch::kInt64).contiguous();
  const torch::Tensor scores = score.to(torch::kCPU, torch::kFloat64).contiguous();
  for (std::int64_t i = 0; i < truths.numel(); ++i) {
    const std::int64_t t = truths.const_data_ptr<std::int64_t>()[i];
    const double s = scores.const_data_ptr<double>()[i];
    if (t == kIgnore) continue;
    if ((t != 0 && t != 1) || std::isnan(s)) {
      throw std::logic_error("RankCurve: truth " + std::to_string(t) + ", score " + std::to_string(s));
    }
    Count& count = counts_[binned(s, bins_)];
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
    points.push_back({.threshold = score,
                      .precision = hits / (hits + static_cast<double>(above.negatives)),
                      .recall = hits / static_cast<double>(all.positives)});
    above.positives -= count.positives;
    above.negatives -= count.negatives;
  }
  points.push_back({.threshold = std::numeric_limits<double>::infinity(), .precision = 1, .recall = 0});
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
