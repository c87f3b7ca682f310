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

}  // namespace

ClassificationReport classification_report(const ConfusionMatrix& matrix,
                                           const std::vector<std::string>& class_names) {
  const Scores all = scores(matrix);
  if (class_names.size() != all.per_class.size()) {
    throw std::logic_error("classification_report: " + std::to_string(class_names.size()) + " names for " +
                           std::to_string(all.per_class.size()) + " classes");
  }
  ClassificationReport report;
  report.accuracy = all.pixel_accuracy;
  report.macro.name = "macro avg";
  report.weighted.name = "weighted avg";
  const auto total = static_cast<double>(matrix.total());
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

std::string to_text(const ClassificationReport& report, int digits) {
  std::size_t width = std::max(report.weighted.name.size(), static_cast<std::size_t>(digits));
  for (const Row& row : report.classes) width = std::max(width, row.name.size());
  std::string text = line("", width, {"precision", "recall", "f1-score", "support"}) + "\n";
  for (const Row& row : report.classes) text += line(row, width, digits);
  text += "\n";
  text +=
      line("accuracy", width, {"", "", fixed(report.accuracy, digits), std::to_string(report.macro.support)});
  return text + line(report.macro, width, digits) + line(report.weighted, width, digits);
}

}  // namespace nadir
