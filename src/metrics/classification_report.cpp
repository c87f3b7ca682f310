#include <algorithm>
#include <cstdio>
#include <stdexcept>

#include "nadir/metrics.h"

namespace nadir {
namespace {

using Row = ClassificationReport::Row;

double or_zero(double value) { return std::isnan(value) ? 0 : value; }

void add_share(Row& mean, const Row& row, double share) {
  mean.precision += share * row.precision;
  mean.recall += share * row.recall;
  mean.f1 += share * row.f1;
  mean.support += row.support;
}

std::string fixed(double value, int digits) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
  return buffer;
}

std::string right(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string line(const std::string& name, std::size_t width, const std::vector<std::string>& cells) {
  std::string text = right(name, width) + " ";
  for (const std::string& cell : cells) text += " " + right(cell, 9);
  return text + "\n";
}

std::string line(const Row& row, std::size_t width, int digits) {
  return line(row.name, width,
              {fixed(row.precision, digits), fixed(row.recall, digits), fixed(row.f1, digits),
               std::to_string(row.support)});
}

// total: the support of all classes together, which the weighted mean divides by.
ClassificationReport report_of(const Scores& all, double total, const std::vector<std::string>& class_names) {
  if (class_names.size() != all.per_class.size()) {
    throw std::logic_error("classification_report: " + std::to_string(class_names.size()) + " names for " +
                           std::to_string(all.per_class.size()) + " classes");
  }
  ClassificationReport report;
  report.accuracy = all.pixel_accuracy;
  report.macro.name = "macro avg";
  report.weighted.name = "weighted avg";
  for (std::size_t i = 0; i < class_names.size(); ++i) {
    const ClassScores& of = all.per_class[i];
    report.classes.push_back({.name = class_names[i],
                              .precision = or_zero(of.precision),
                              .recall = or_zero(of.recall),
                              .f1 = or_zero(of.dice),
                              .support = of.support});
    add_share(report.macro, report.classes.back(), 1 / static_cast<double>(class_names.size()));
    add_share(report.weighted, report.classes.back(), static_cast<double>(of.support) / total);
  }
  return report;
}

}  // namespace

ClassificationReport classification_report(const ConfusionMatrix& matrix,
                                           const std::vector<std::string>& class_names) {
  return report_of(scores(matrix), static_cast<double>(matrix.total()), class_names);
}

ClassificationReport classification_report(const LabelCounts& counts,
                                           const std::vector<std::string>& class_names) {
  LabelCounts::Counts sum;
  for (const LabelCounts::Counts& each : counts.counts()) {
    sum.true_positive += each.true_positive;
    sum.false_positive += each.false_positive;
    sum.false_negative += each.false_negative;
  }
  const Scores pooled = scores(LabelCounts({sum}));
  const ClassScores& micro = pooled.per_class.front();
  // Without any label the weighted mean is 0, not undefined, as scikit-learn has it.
  ClassificationReport report =
      report_of(scores(counts), static_cast<double>(std::max<std::int64_t>(micro.support, 1)), class_names);
  report.micro = Row{.name = "micro avg",
                     .precision = or_zero(micro.precision),
                     .recall = or_zero(micro.recall),
                     .f1 = or_zero(micro.dice),
                     .support = micro.support};
  return report;
}

std::vector<std::pair<std::string, double>> named_scores(const ClassificationReport& report,
                                                         const Scores& scores) {
  std::vector<std::pair<std::string, double>> named = {{"accuracy", report.accuracy},
                                                       {"balanced_accuracy", scores.mean_accuracy},
                                                       {"macro_precision", report.macro.precision},
                                                       {"macro_recall", report.macro.recall},
                                                       {"macro_f1", report.macro.f1},
                                                       {"weighted_precision", report.weighted.precision},
                                                       {"weighted_recall", report.weighted.recall},
                                                       {"weighted_f1", report.weighted.f1}};
  if (report.micro) named.emplace_back("micro_f1", report.micro->f1);
  named.emplace_back("kappa", scores.kappa);
  named.emplace_back("matthews", scores.matthews);
  for (const Row& row : report.classes) named.emplace_back("precision/" + row.name, row.precision);
  for (const Row& row : report.classes) named.emplace_back("recall/" + row.name, row.recall);
  for (const Row& row : report.classes) named.emplace_back("f1/" + row.name, row.f1);
  return named;
}

std::string to_text(const ClassificationReport& report, int digits) {
  std::size_t width = std::max(report.weighted.name.size(), static_cast<std::size_t>(digits));
  for (const Row& row : report.classes) width = std::max(width, row.name.size());
  std::string text = line("", width, {"precision", "recall", "f1-score", "support"}) + "\n";
  for (const Row& row : report.classes) text += line(row, width, digits);
  text += "\n";
  text += report.micro ? line(*report.micro, width, digits)
                       : line("accuracy", width,
                              {"", "", fixed(report.accuracy, digits), std::to_string(report.macro.support)});
  return text + line(report.macro, width, digits) + line(report.weighted, width, digits);
}

}  // namespace nadir
