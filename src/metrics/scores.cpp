#include <stdexcept>

#include "nadir/metrics.h"

namespace nadir {
namespace {

double ratio(double numerator, double denominator) {
  return numerator / denominator;
}  // 0 / 0 is NaN, on purpose

// Row and column sums of the matrix, as double: exact up to 2^53 pixels.
struct Margins {
  std::vector<double> truth, predicted, hits;
  double total = 0;
  double correct = 0;
};

Margins margins_of(const ConfusionMatrix& matrix) {
  const auto classes = static_cast<std::size_t>(matrix.classes());
  Margins m{.truth = std::vector<double>(classes),
            .predicted = std::vector<double>(classes),
            .hits = std::vector<double>(classes)};
  for (std::size_t row = 0; row < classes; ++row) {
    for (std::size_t column = 0; column < classes; ++column) {
      const auto count = static_cast<double>(matrix.counts()[row * classes + column]);
      m.truth[row] += count;
      m.predicted[column] += count;
      m.total += count;
      if (row == column) m.hits[row] = count;
    }
    m.correct += m.hits[row];
  }
  return m;
}

ClassScores class_scores(double hits, double truth, double predicted) {
  return {.iou = ratio(hits, truth + predicted - hits),
          .dice = ratio(2 * hits, truth + predicted),
          .precision = ratio(hits, predicted),
          .recall = ratio(hits, truth),
          .support = static_cast<std::int64_t>(truth)};
}

// Mean recall of "there" and "not there", of those that the truth holds: scikit-learn's
// balanced_accuracy_score.
double balanced_accuracy(const LabelCounts::Counts& of) {
  return scores(
             ConfusionMatrix(2, {of.true_negative, of.false_positive, of.false_negative, of.true_positive}))
      .mean_accuracy;
}

// Over the classes for which it is defined.
double mean_of(const std::vector<ClassScores>& classes, double ClassScores::*field) {
  double sum = 0;
  double count = 0;
  for (const ClassScores& each : classes) {
    if (std::isnan(each.*field)) continue;
    sum += each.*field;
    ++count;
  }
  return ratio(sum, count);
}

// Gorodkin 2004: the correlation of truth and prediction, in shares of all pixels.
double matthews(const Margins& m) {
  double both = 0;
  double truth = 0;
  double predicted = 0;
  for (std::size_t i = 0; i < m.truth.size(); ++i) {
    const double t = ratio(m.truth[i], m.total);
    const double p = ratio(m.predicted[i], m.total);
    both += t * p;
    truth += t * t;
    predicted += p * p;
  }
  return ratio(ratio(m.correct, m.total) - both, std::sqrt((1 - predicted) * (1 - truth)));
}

}  // namespace

Scores scores(const ConfusionMatrix& matrix) {
  const Margins m = margins_of(matrix);
  Scores result;
  double weighted_iou = 0;
  double chance = 0;  // how often truth and prediction would agree if they were independent
  for (std::size_t i = 0; i < m.truth.size(); ++i) {
    result.per_class.push_back(class_scores(m.hits[i], m.truth[i], m.predicted[i]));
    if (m.truth[i] > 0) weighted_iou += m.truth[i] * result.per_class.back().iou;
    chance += ratio(m.truth[i], m.total) * ratio(m.predicted[i], m.total);
  }
  result.pixel_accuracy = ratio(m.correct, m.total);
  result.mean_accuracy = mean_of(result.per_class, &ClassScores::recall);
  result.mean_iou = mean_of(result.per_class, &ClassScores::iou);
  result.mean_dice = mean_of(result.per_class, &ClassScores::dice);
  result.frequency_weighted_iou = ratio(weighted_iou, m.total);
  result.kappa = ratio(result.pixel_accuracy - chance, 1 - chance);
  result.matthews = matthews(m);
  return result;
}

Scores scores(const LabelCounts& counts) {
  Scores result;
  std::vector<std::int64_t> pooled(4);  // a matrix of "not there" and "there", over all classes
  double weighted_iou = 0;
  double support = 0;
  double accuracies = 0;
  double labels = 0;  // that have decisions
  for (const LabelCounts::Counts& each : counts.counts()) {
    const auto hits = static_cast<double>(each.true_positive);
    const auto truth = static_cast<double>(each.true_positive + each.false_negative);
    result.per_class.push_back(
        class_scores(hits, truth, static_cast<double>(each.true_positive + each.false_positive)));
    if (truth > 0) weighted_iou += truth * result.per_class.back().iou;
    support += truth;
    if (const double accuracy = balanced_accuracy(each); !std::isnan(accuracy)) {
      accuracies += accuracy;
      ++labels;
    }
    pooled[0] += each.true_negative;
    pooled[1] += each.false_positive;
    pooled[2] += each.false_negative;
    pooled[3] += each.true_positive;
  }
  const Scores decisions = scores(ConfusionMatrix(2, pooled));
  result.pixel_accuracy = decisions.pixel_accuracy;
  result.kappa = decisions.kappa;
  result.matthews = decisions.matthews;
  result.mean_accuracy = ratio(accuracies, labels);
  result.mean_iou = mean_of(result.per_class, &ClassScores::iou);
  result.mean_dice = mean_of(result.per_class, &ClassScores::dice);
  result.frequency_weighted_iou = ratio(weighted_iou, support);
  return result;
}

std::vector<std::pair<std::string, double>> named_scores(const Scores& scores,
                                                         const std::vector<std::string>& class_names) {
  if (class_names.size() != scores.per_class.size()) {
    throw std::logic_error("named_scores: " + std::to_string(class_names.size()) + " names for " +
                           std::to_string(scores.per_class.size()) + " classes");
  }
  std::vector<std::pair<std::string, double>> named = {
      {"pixel_accuracy", scores.pixel_accuracy},
      {"mean_accuracy", scores.mean_accuracy},
      {"mean_iou", scores.mean_iou},
      {"mean_dice", scores.mean_dice},
      {"frequency_weighted_iou", scores.frequency_weighted_iou},
      {"kappa", scores.kappa},
      {"matthews", scores.matthews}};
  const std::pair<const char*, double ClassScores::*> fields[] = {{"iou/", &ClassScores::iou},
                                                                  {"dice/", &ClassScores::dice},
                                                                  {"precision/", &ClassScores::precision},
                                                                  {"recall/", &ClassScores::recall}};
  for (const auto& [prefix, field] : fields) {
    for (std::size_t i = 0; i < class_names.size(); ++i) {
      named.emplace_back(prefix + class_names[i], scores.per_class[i].*field);
    }
  }
  return named;
}

}  // namespace nadir
