#include "report/key_figures.h"

#include <functional>

#include "report/class_key.h"
#include "report/number_text.h"

namespace nadir::html {
namespace {

constexpr int kDigits = 3;
using Pick = std::function<double(const ScoredRow&)>;

Markup rival(const ScoredRow& row, const Pick& pick) {
  const double value = pick(row);
  return element("li", {{"class", row.highlight ? "ours" : "other"}},
                 element("span", {{"class", "name"}}, text(row.name)) +
                     element("span", {{"class", "value"}}, score_markup(value, kDigits)) + bar(value));
}

Markup figure(const Markup& label, const std::vector<ScoredRow>& rows, const Pick& pick) {
  Markup number;
  Markup rivals;
  for (const ScoredRow& row : rows) {
    if (row.highlight) number = score_markup(pick(row), kDigits);
    rivals += rival(row, pick);
  }
  const Markup list = rows.size() > 1 ? element("ul", rivals) : Markup();
  return element("div", {{"class", "key-figure"}},
                 element("h3", label) + element("p", {{"class", "number"}}, number) + list);
}

Markup key_section(const Markup& figures) {
  return element("section", {{"class", "wide key-figures"}, {"aria-label", "Key figures"}}, figures);
}

}  // namespace

Markup key_figures(const std::vector<ScoredRow>& rows, const std::vector<ClassInfo>& classes) {
  if (rows.empty()) return {};
  const bool images = rows.front().report.has_value();
  const bool one_label = images && classes.size() == 1;  // whose F1 is the macro F1
  Markup all;
  if (!images)
    all = figure(text("Mean IoU"), rows, [](const ScoredRow& row) { return row.scores.mean_iou; });
  else if (!one_label)
    all = figure(text("Macro F1"), rows, [](const ScoredRow& row) { return row.report->macro.f1; });
  all += figure(text(images ? "Accuracy" : "Pixel accuracy"), rows,
                [](const ScoredRow& row) { return row.scores.pixel_accuracy; });
  for (std::size_t i = 0; i < classes.size() && classes.size() <= kMostClasses; ++i) {
    all += figure(text(images ? "F1 " : "IoU ") + class_label(classes[i], i), rows,
                  [i, images](const ScoredRow& row) {
                    return images ? row.report->classes.at(i).f1 : row.scores.per_class.at(i).iou;
                  });
  }
  return key_section(all);
}

}  // namespace nadir::html
