#include <algorithm>
#include <numeric>

#include "nadir/metrics.h"

namespace nadir {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

Study003Scores study003_scores(const ConfusionMatrix& matrix) {
  Study003Scores result;
  const Scores standard = scores(matrix);
  for (std::int64_t k = 0; k < matrix.classes(); ++k) {
    std::int64_t row = 0;
    std::int64_t column = 0;
    for (std::int64_t i = 0; i < matrix.classes(); ++i) {
      row += matrix.count(k, i);
      column += matrix.count(i, k);
    }
    const std::int64_t overlap = matrix.count(k, k);
    result.iou.push_back(static_cast<double>(overlap) / (static_cast<double>(row + column - overlap) + 1e-7));
    result.dice.push_back(standard.per_class[static_cast<std::size_t>(k)].dice);
  }
  result.accuracy = standard.pixel_accuracy;
  result.mean_iou = mean(result.iou);
  result.mean_dice = mean(result.dice);
  return result;
}

bool study000_patience_lost(std::span<const double> history, std::int64_t patience) {
  const auto wait = static_cast<std::size_t>(patience);
  if (patience < 1 || history.size() <= wait) return false;
  const std::span<const double> watched = history.last(wait + 1);
  return std::max_element(watched.begin(), watched.end()) == watched.begin();
}

}  // namespace nadir
