#include <ATen/ATen.h>

#include <stdexcept>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {
namespace {

void check_maps(const torch::Tensor& truth, const torch::Tensor& prediction) {
  const auto is_label = [](const torch::Tensor& map) {
    return map.scalar_type() == torch::kUInt8 || map.scalar_type() == torch::kInt64;
  };
  if (truth.sizes() != prediction.sizes()) {
    throw std::logic_error("ConfusionMatrix: truth and prediction differ in shape");
  }
  if (!is_label(truth) || !is_label(prediction)) {
    throw std::logic_error("ConfusionMatrix: truth and prediction have to be uint8 or int64");
  }
}

[[noreturn]] void throw_outside(std::int64_t truth, std::int64_t prediction, std::int64_t classes) {
  throw std::logic_error("ConfusionMatrix: truth " + std::to_string(truth) + " and prediction " +
                         std::to_string(prediction) + " of " + std::to_string(classes) + " classes");
}

template <class Label>
void count_pairs(const torch::Tensor& truth, const torch::Tensor& prediction, std::int64_t classes,
                 std::vector<std::int64_t>& counts) {
  const torch::Tensor t = truth.contiguous();
  const torch::Tensor p = prediction.contiguous();
  const Label* const truths = t.const_data_ptr<Label>();
  const Label* const predictions = p.const_data_ptr<Label>();
  const auto limit = static_cast<std::uint64_t>(classes);
  for (std::int64_t i = 0; i < t.numel(); ++i) {
    const auto row = static_cast<std::uint64_t>(truths[i]);
    if (row == kIgnore) continue;
    const auto column = static_cast<std::uint64_t>(predictions[i]);
    if (row >= limit || column >= limit) {
      throw_outside(static_cast<std::int64_t>(row), static_cast<std::int64_t>(column), classes);
    }
    ++counts[static_cast<std::size_t>(row * limit + column)];
  }
}

// On the maps' own device, so that counts travel, not maps.
torch::Tensor count_on_device(const torch::Tensor& truth, const torch::Tensor& prediction,
                              std::int64_t classes) {
  const torch::Tensor counted = truth.ne(kIgnore);
  const torch::Tensor rows = truth.masked_select(counted).to(torch::kInt64);
  const torch::Tensor columns = prediction.masked_select(counted).to(torch::kInt64);
  if (rows.numel() > 0) {
    const auto low = at::minimum(rows.min(), columns.min()).item<std::int64_t>();
    const auto high = at::maximum(rows.max(), columns.max()).item<std::int64_t>();
    if (low < 0 || high >= classes) throw_outside(low, high, classes);
  }
  return at::bincount(rows * classes + columns, {}, classes * classes).cpu();
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::int64_t classes)
    : classes_(classes), counts_(static_cast<std::size_t>(classes * classes)) {}

ConfusionMatrix::ConfusionMatrix(std::int64_t classes, std::vector<std::int64_t> counts)
    : ConfusionMatrix(classes) {
  if (counts.size() != counts_.size()) {
    throw std::logic_error("ConfusionMatrix: " + std::to_string(counts.size()) + " counts for " +
                           std::to_string(classes) + " classes");
  }
  counts_ = std::move(counts);
}

void ConfusionMatrix::add(const torch::Tensor& truth, const torch::Tensor& prediction) {
  check_maps(truth, prediction);
  std::vector<std::int64_t> counts(counts_.size());
  if (!truth.is_cpu()) {
    const torch::Tensor found = count_on_device(truth, prediction.to(truth.device()), classes_);
    std::copy_n(found.const_data_ptr<std::int64_t>(), counts.size(), counts.begin());
  } else if (truth.scalar_type() == torch::kUInt8 && prediction.scalar_type() == torch::kUInt8) {
    count_pairs<std::uint8_t>(truth, prediction.cpu(), classes_, counts);
  } else {
    count_pairs<std::int64_t>(truth.to(torch::kInt64), prediction.cpu().to(torch::kInt64), classes_, counts);
  }
  for (std::size_t i = 0; i < counts.size(); ++i) counts_[i] += counts[i];
}

void ConfusionMatrix::add(const ConfusionMatrix& other) {
  if (other.classes_ != classes_) {
    throw std::logic_error("ConfusionMatrix: merging " + std::to_string(other.classes_) + " classes into " +
                           std::to_string(classes_));
  }
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
}

std::int64_t ConfusionMatrix::count(std::int64_t truth, std::int64_t prediction) const {
  if (truth < 0 || prediction < 0 || truth >= classes_ || prediction >= classes_) {
    throw_outside(truth, prediction, classes_);
  }
  return counts_[static_cast<std::size_t>(truth * classes_ + prediction)];
}

std::int64_t ConfusionMatrix::total() const {
  std::int64_t sum = 0;
  for (const std::int64_t each : counts_) sum += each;
  return sum;
}

}  // namespace nadir
