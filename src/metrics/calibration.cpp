#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {

void Calibration::add(const torch::Tensor& probabilities, const torch::Tensor& truth) {
  const bool labels = truth.sizes() == probabilities.sizes();
  if (probabilities.dim() != 2 || (!labels && (truth.dim() != 1 || truth.size(0) != probabilities.size(0))))
    throw std::logic_error("Calibration: probabilities have to be [N, K], truth [N] or [N, K]");
  const torch::Tensor p = probabilities.to(torch::kCPU, torch::kFloat64);
  const torch::Tensor t = truth.to(torch::kCPU, torch::kInt64);
  const auto [most, predicted] = p.max(1);
  const torch::Tensor confidence = (labels ? p : most).contiguous().view({-1});
  const torch::Tensor right = (labels ? t.eq(1) : t.eq(predicted)).contiguous().view({-1});
  const torch::Tensor counted = t.ne(kIgnore).contiguous().view({-1});
  const auto count = static_cast<double>(bins_.size());
  for (std::int64_t i = 0; i < confidence.numel(); ++i) {
    if (!counted.const_data_ptr<bool>()[i]) continue;
    const double c = confidence.const_data_ptr<double>()[i];
    if (!(c >= 0 && c <= 1)) throw std::logic_error("Calibration: probability " + std::to_string(c));
    const double bin = std::max(0.0, std::ceil(c * count) - 1);
    Sums& sums = bins_[static_cast<std::size_t>(bin)];
    sums.count += 1;
    sums.confidence += c;
    sums.right += right.const_data_ptr<bool>()[i] ? 1 : 0;
  }
}

std::vector<Calibration::Bin> Calibration::bins() const {
  std::vector<Bin> result;
  const auto width = 1 / static_cast<double>(bins_.size());
  for (std::size_t i = 0; i < bins_.size(); ++i) {
    const Sums& sums = bins_[i];
    result.push_back({.low = static_cast<double>(i) * width,
                      .high = static_cast<double>(i + 1) * width,
                      .count = static_cast<std::int64_t>(sums.count),
                      .confidence = sums.confidence / sums.count,  // 0 / 0 is NaN, on purpose
                      .accuracy = sums.right / sums.count});
  }
  return result;
}

double Calibration::ece() const {
  double total = 0;
  double error = 0;
  for (const Sums& each : bins_) {
    total += each.count;
    error += std::abs(each.right - each.confidence);  // count times the bin's difference of means
  }
  return error / total;
}

double Calibration::largest_error() const {
  double largest = std::numeric_limits<double>::quiet_NaN();
  for (const Sums& each : bins_) {
    if (each.count > 0) largest = std::fmax(largest, std::abs(each.right - each.confidence) / each.count);
  }
  return largest;
}

}  // namespace nadir
