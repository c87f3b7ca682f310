#include "report/confusion_table.h"

#include "core/text.h"
#include "report/class_key.h"
#include "report/key_figures.h"
#include "report/number_text.h"
#include "report/score_tables.h"

namespace nadir::html {
namespace {

// Beyond this share of the row, text on the colour has to be light (dark on a dark page).
constexpr double kStrong = 0.7;
// With more classes than this, counts move to the tooltips.
constexpr std::size_t kRoomy = 8;

Markup heat_cell(std::int64_t count, std::int64_t support, const std::string& meaning) {
  const double share = support == 0 ? 0 : static_cast<double>(count) / static_cast<double>(support);
  const Markup heat =
      element("span", {{"class", "heat"}, {"style", "opacity:" + fixed(share, 3)}, {"aria-hidden", "true"}});
  const Markup numbers = element("span", {{"class", "percent"}}, text(percent_text(count, support))) +
                         element("span", {{"class", "count"}}, text(with_thousands(count)));
  return element("td", {{"class", share > kStrong ? "strong" : "weak"}, {"title", meaning}},
                 heat + element("span", {{"class", "over"}}, numbers));
}

Markup heat_row(const ConfusionMatrix& matrix, const std::vector<ClassInfo>& classes, std::size_t truth,
                const std::string& what) {
  const auto row = static_cast<std::int64_t>(truth);
  std::int64_t support = 0;
  for (std::int64_t k = 0; k < matrix.classes(); ++k) support += matrix.count(row, k);
  Markup cells = element("th", {{"scope", "row"}}, class_label(classes[truth], truth));
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::int64_t count = matrix.count(row, static_cast<std::int64_t>(i));
    const std::string meaning = counted(count, what) + " of " + classes[truth].name + ", predicted as " +
                                classes[i].name + " (" + percent_text(count, support) + ")";
    cells += heat_cell(count, support, meaning);
  }
  return element("tr", cells + element("td", {{"class", "total"}}, text(with_thousands(support))));
}

Markup heads(const std::vector<ClassInfo>& classes, const std::string& what) {
  const std::string span = std::to_string(classes.size());
  const Markup above =
      element("tr", element("td", {{"class", "corner"}}) +
                        element("th", {{"scope", "colgroup"}, {"colspan", span}}, text("Predicted")) +
                        element("td", {{"class", "corner"}}));
  Markup below = column_head(text("True"));
  for (std::size_t i = 0; i < classes.size(); ++i) below += column_head(class_label(classes[i], i));
  return element("thead",
                 above + element("tr", below + column_head(text(what == "image" ? "Images" : "Pixels"))));
}

}  // namespace

Markup confusion_table(const ConfusionMatrix& matrix, const std::vector<ClassInfo>& classes,
                       const std::string& name, const std::string& what) {
  if (classes.empty()) return {};
  Markup body;
  for (std::size_t i = 0; i < classes.size(); ++i) body += heat_row(matrix, classes, i, what);
  const std::string kind = classes.size() > kRoomy ? "confusion dense" : "confusion";
  const std::string meaning = "What " + name + " makes of each true class: share of its " + what +
                              "s, and their number. The diagonal is right.";
  return scrolling(
      "Confusion matrix",
      element("table", {{"class", kind}}, caption(meaning) + heads(classes, what) + element("tbody", body)));
}

Markup label_confusions(const LabelCounts& labels, const std::vector<ClassInfo>& classes,
                        const std::string& name) {
  Markup all;
  for (std::size_t k = 0; k < classes.size() && classes.size() <= kMostClasses; ++k) {
    const LabelCounts::Counts& of = labels.counts().at(k);
    const ConfusionMatrix matrix(2,
                                 {of.true_negative, of.false_positive, of.false_negative, of.true_positive});
    const ClassInfo without{.name = "no " + classes[k].name, .color = "#9aa4b2", .value = 0};
    all += element("div", confusion_table(matrix, {without, classes[k]}, name, "image"));
  }
  return element("div", {{"class", "charts"}}, all);
}

}  // namespace nadir::html
