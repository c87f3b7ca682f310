#include "report/score_tables.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "core/text.h"
#include "report/class_key.h"
#include "report/number_text.h"

namespace nadir::html {
namespace {

struct Column {
  Markup head;
  std::function<double(const ScoredRow&)> pick;
};

std::vector<Column> image_columns(const std::vector<ClassInfo>& classes) {
  std::vector<Column> columns = {
      {text("Accuracy"), [](const ScoredRow& row) { return row.report->accuracy; }},
      {text("Balanced accuracy"), [](const ScoredRow& row) { return row.scores.mean_accuracy; }},
      {text("Kappa"), [](const ScoredRow& row) { return row.scores.kappa; }},
  };
  if (classes.size() > 1) {  // one label's F1 is the mean of all
    columns.push_back({text("Macro F1"), [](const ScoredRow& row) { return row.report->macro.f1; }});
    columns.push_back({text("Weighted F1"), [](const ScoredRow& row) { return row.report->weighted.f1; }});
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    columns.push_back({text("F1 ") + class_label(classes[i], i),
                       [i](const ScoredRow& row) { return row.report->classes.at(i).f1; }});
  }
  return columns;
}

std::vector<Column> comparison_columns(const std::vector<ClassInfo>& classes) {
  std::vector<Column> columns = {
      {text("Pixel accuracy"), [](const ScoredRow& row) { return row.scores.pixel_accuracy; }},
      {text("Mean IoU"), [](const ScoredRow& row) { return row.scores.mean_iou; }},
      {text("Mean Dice"), [](const ScoredRow& row) { return row.scores.mean_dice; }},
      {text("Kappa"), [](const ScoredRow& row) { return row.scores.kappa; }},
  };
  for (std::size_t i = 0; i < classes.size(); ++i) {
    columns.push_back({text("IoU ") + class_label(classes[i], i),
                       [i](const ScoredRow& row) { return row.scores.per_class.at(i).iou; }});
  }
  return columns;
}

// What the best of a column prints as; "" where there is nothing to compare. Values that print alike are
// equal.
std::string best_text(const std::vector<ScoredRow>& rows, const Column& column) {
  double best = -std::numeric_limits<double>::infinity();
  for (const ScoredRow& row : rows) {
    const double value = column.pick(row);
    if (std::isfinite(value)) best = std::max(best, value);
  }
  return rows.size() > 1 && std::isfinite(best) ? score_text(best) : "";
}

Markup comparison_cell(double value, const std::string& best) {
  if (!std::isfinite(value) || score_text(value) != best) return element("td", score_markup(value));
  return element("td", element("strong", {{"title", "best of this column"}}, score_markup(value)));
}

Markup comparison_row(const ScoredRow& row, const std::vector<Column>& columns,
                      const std::vector<std::string>& best) {
  Markup cells = element("th", {{"scope", "row"}}, text(row.name));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    cells += comparison_cell(columns[i].pick(row), best[i]);
  }
  return element("tr", {{row.highlight ? "class" : "", "ours"}}, cells);
}

std::string comparison_caption(const std::vector<ScoredRow>& rows) {
  const bool same = std::all_of(rows.begin(), rows.end(),
                                [&](const ScoredRow& row) { return row.pixels == rows.front().pixels; });
  const std::string what = rows.front().report ? "image" : "pixel";
  const std::string every = rows.size() == 1 ? "Scored on " : "Every row is scored on ";
  const std::string scored = same ? every + counted(rows.front().pixels, what) + ". "
                                  : "The rows are scored on different numbers of " + what + "s. ";
  return scored +
         (rows.size() > 1 ? "Higher is better; the best value of each column is bold." : "Higher is better.");
}

bool any_undefined(const std::vector<ScoredRow>& rows, const std::vector<Column>& columns) {
  return std::any_of(rows.begin(), rows.end(), [&](const ScoredRow& row) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const Column& column) { return !std::isfinite(column.pick(row)); });
  });
}

Markup footnote(bool wanted, const std::string& why) {
  return wanted ? element("p", {{"class", "footnote"}}, text("\u2013\u2002not defined: " + why)) : Markup();
}

Markup bar_cell(double value) { return element("td", score_markup(value) + bar(value)); }

Markup class_row(const ClassScores& scores, const Markup& label, std::int64_t pixels) {
  const double share = static_cast<double>(scores.support) / static_cast<double>(pixels);
  const Markup cells = element("th", {{"scope", "row"}}, label) + bar_cell(scores.iou) +
                       bar_cell(scores.dice) + bar_cell(scores.precision) + bar_cell(scores.recall) +
                       element("td", text(with_thousands(scores.support))) +
                       element("td", text(percent_text(scores.support, pixels)) + bar(share));
  return element("tr", cells);
}

// images: of which the support is a share; 0: no share.
Markup report_row(const ClassificationReport::Row& row, const Markup& label, std::int64_t images) {
  const double share = static_cast<double>(row.support) / static_cast<double>(images);
  const Markup shares = images > 0 ? text(percent_text(row.support, images)) + bar(share) : Markup();
  return element("tr", element("th", {{"scope", "row"}}, label) + bar_cell(row.precision) +
                           bar_cell(row.recall) + bar_cell(row.f1) +
                           element("td", text(with_thousands(row.support))) + element("td", shares));
}

bool undefined(const ClassScores& scores) {
  return !std::isfinite(scores.iou + scores.dice + scores.precision + scores.recall);
}

Markup class_head() {
  Markup head = column_head(text("Class"));
  for (const char* name : {"IoU", "Dice", "Precision", "Recall", "Pixels", "Share"})
    head += column_head(text(name));
  return element("thead", element("tr", head));
}

}  // namespace

std::vector<ScoredRow> scored_rows(const Report& report) {
  const auto classes = static_cast<std::int64_t>(report.classes.size());
  std::vector<ScoredRow> rows;
  for (const ReportScores& each : report.scores) {
    const bool by_label = each.labels.classes() > 0;
    const std::int64_t found = by_label ? each.labels.classes() : each.matrix.classes();
    if (found != classes) {
      throw std::logic_error("report: the matrix of '" + each.name + "' has " +
                             counted(found, "class", "classes") + ", the report " + std::to_string(classes));
    }
    rows.push_back({.name = each.name,
                    .scores = by_label ? scores(each.labels) : scores(each.matrix),
                    .pixels = by_label ? each.labels.total() / classes : each.matrix.total()});
    if (!labels_images(report.task)) continue;
    rows.back().report = by_label ? classification_report(each.labels, class_names(report.classes))
                                  : classification_report(each.matrix, class_names(report.classes));
  }
  if (rows.empty()) return rows;
  const auto asked = std::find_if(report.scores.begin(), report.scores.end(),
                                  [](const ReportScores& each) { return each.highlight; });
  const auto chosen = asked == report.scores.end() ? 0 : asked - report.scores.begin();
  rows[static_cast<std::size_t>(chosen)].highlight = true;
  return rows;
}

Markup scrolling(const std::string& label, const Markup& table) {
  return element("div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", label}, {"tabindex", "0"}},
                 table);
}

Markup caption(const std::string& content) { return element("caption", element("span", text(content))); }

Markup column_head(const Markup& content, const std::string& css_class) {
  return element("th", {{"scope", "col"}, {css_class.empty() ? "" : "class", css_class}}, content);
}

Markup comparison_table(const std::vector<ScoredRow>& rows, const std::vector<ClassInfo>& classes) {
  if (rows.empty()) return {};
  const std::vector<Column> columns =
      rows.front().report ? image_columns(classes) : comparison_columns(classes);
  Markup head = column_head(text("Model"));
  std::vector<std::string> best;
  for (const Column& column : columns) {
    head += column_head(column.head);
    best.push_back(best_text(rows, column));
  }
  Markup body;
  for (const ScoredRow& row : rows) body += comparison_row(row, columns, best);
  const Markup table = element(
      "table", {{"class", "scores comparison"}},
      caption(comparison_caption(rows)) + element("thead", element("tr", head)) + element("tbody", body));
  return scrolling("Comparison", table) +
         footnote(any_undefined(rows, columns),
                  "0 divided by 0. IoU of a class that is neither in the truth nor in the prediction; "
                  "kappa where truth and prediction hold one class only. Means leave such classes out.");
}

Markup class_table(const ScoredRow& row, const std::vector<ClassInfo>& classes) {
  if (classes.empty()) return {};
  Markup body;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    body += class_row(row.scores.per_class.at(i), class_label(classes[i], i), row.pixels);
  }
  const Markup table =
      element("table", {{"class", "scores classes"}},
              caption("The classes as " + row.name + " finds them. Pixels and share are of the truth.") +
                  class_head() + element("tbody", body));
  const auto& per_class = row.scores.per_class;
  return scrolling("Classes", table) +
         footnote(
             std::any_of(per_class.begin(), per_class.end(), undefined),
             "0 divided by 0. IoU and Dice of a class that is neither in the truth nor in the prediction, "
             "precision of a class that was never predicted, recall of a class that is not in the truth.");
}

Markup image_class_table(const ScoredRow& row, const std::vector<ClassInfo>& classes) {
  if (classes.empty()) return {};
  const ClassificationReport& report = *row.report;
  Markup body;
  for (std::size_t i = 0; i < classes.size(); ++i)
    body += report_row(report.classes.at(i), class_label(classes[i], i), row.pixels);
  if (report.micro) {
    body += report_row(*report.micro, text("micro average"), 0);
  } else {
    const Markup cells = element("th", {{"scope", "row"}}, text("accuracy")) + element("td", Markup()) +
                         element("td", Markup()) + bar_cell(report.accuracy) +
                         element("td", text(with_thousands(row.pixels))) + element("td", Markup());
    body += element("tr", cells);
  }
  body += report_row(report.macro, text("macro average"), 0);
  body += report_row(report.weighted, text("weighted average"), 0);
  Markup head = column_head(text("Class"));
  for (const char* name : {"Precision", "Recall", "F1", "Support", "Share"}) head += column_head(text(name));
  const Markup table = element(
      "table", {{"class", "scores classes"}},
      caption("Classification report of " + row.name +
              ", as scikit-learn has it: what is not defined counts 0. Support and share are of the truth.") +
          element("thead", element("tr", head)) + element("tbody", body));
  return scrolling("Classification report", table);
}

}  // namespace nadir::html
