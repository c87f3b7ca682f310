#include "nadir/report.h"

#include <algorithm>

#include "nadir/nadir.h"
#include "nadir/runtime.h"
#include "report/class_key.h"
#include "report/confusion_table.h"
#include "report/gallery.h"
#include "report/html.h"
#include "report/key_figures.h"
#include "report/line_chart.h"
#include "report/run_table.h"
#include "report/score_tables.h"
#include "report/style.h"

namespace nadir {
namespace {

using html::element;
using html::Markup;
using html::text;

// A part of the page under its heading; nothing when it holds nothing.
Markup section(const std::string& id, const std::string& heading, const Markup& content) {
  if (content.empty()) return {};
  return element("section", {{"class", "wide"}, {"id", id}, {"aria-labelledby", id + "-heading"}},
                 element("h2", {{"id", id + "-heading"}}, text(heading)) + content);
}

Markup head(const Report& report) {
  // The policy forbids what the page must not need: scripts, and anything that is not in the file.
  const std::string policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  Markup content = html::void_element("meta", {{"charset", "utf-8"}});
  content += html::void_element("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}});
  content +=
      html::void_element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  content += html::void_element("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  content +=
      html::void_element("meta", {{"name", "generator"}, {"content", std::string("nadir ") + version()}});
  content += element("title", text(report.title));
  content += element("style", Markup::trusted(html::style_sheet()));
  return element("head", content);
}

Markup header(const Report& report) {
  const Markup summary =
      report.summary.empty() ? Markup() : element("p", {{"class", "summary"}}, text(report.summary));
  return element("header", element("h1", text(report.title)) + summary);
}

Markup facts(const Report& report) {
  if (report.facts.empty()) return {};
  Markup items;
  for (const auto& [name, value] : report.facts) {
    items += element("div", element("dt", text(name)) + element("dd", text(value)));
  }
  return element("section", {{"class", "wide"}, {"aria-label", "Facts"}},
                 element("dl", {{"class", "facts"}}, items));
}

Markup score_sections(const Report& report, const std::vector<html::ScoredRow>& rows) {
  const auto ours =
      std::find_if(rows.begin(), rows.end(), [](const html::ScoredRow& row) { return row.highlight; });
  if (ours == rows.end()) return {};
  const ConfusionMatrix& matrix = report.scores[static_cast<std::size_t>(ours - rows.begin())].matrix;
  const bool images = ours->report.has_value();
  const Markup classes =
      images ? html::image_class_table(*ours, report.classes) : html::class_table(*ours, report.classes);
  const Markup tables = section("comparison", rows.size() == 1 ? "Scores" : "Comparison",
                                html::comparison_table(rows, report.classes)) +
                        section("classes", images ? "Classification report" : "Classes", classes);
  if (matrix.classes() == 0) {  // multilabel: no class is mistaken for another
    const LabelCounts& labels = report.scores[static_cast<std::size_t>(ours - rows.begin())].labels;
    return tables + (images ? section("confusion",
                                      report.classes.size() == 1 ? "Confusion matrix" : "Confusion matrices",
                                      html::label_confusions(labels, report.classes, ours->name))
                            : Markup());
  }
  return tables +
         section("confusion", "Confusion matrix",
                 html::confusion_table(matrix, report.classes, ours->name, images ? "image" : "pixel"));
}

Markup tables(const Report& report) {
  Markup all;
  for (std::size_t i = 0; i < report.tables.size(); ++i) {
    all +=
        section("table-" + std::to_string(i + 1), report.tables[i].title, html::run_table(report.tables[i]));
  }
  return all;
}

Markup charts(const Report& report) {
  Markup figures;
  for (const auto& [title, curves] : report.charts) {
    figures += html::line_chart(title, curves, report.marked_epoch);
  }
  if (figures.empty()) return {};
  return section("training", "Training",
                 element("p", {{"class", "note"}}, text("Beside each name stands the curve's last value.")) +
                     element("div", {{"class", "charts"}}, figures));
}

Markup plots(const Report& report) {
  Markup figures;
  for (const ReportPlot& each : report.plots) figures += html::share_chart(each);
  if (figures.empty()) return {};
  return section("probabilities", "Probabilities", element("div", {{"class", "charts"}}, figures));
}

Markup galleries(const Report& report) {
  Markup rows;
  for (std::size_t i = 0; i < report.galleries.size(); ++i) {
    rows += html::gallery(report.galleries[i].first, report.galleries[i].second, i + 1);
  }
  if (rows.empty()) return {};
  return element(
      "section", {{"class", "full"}, {"id", "pictures"}, {"aria-labelledby", "pictures-heading"}},
      element("h2", {{"id", "pictures-heading"}}, text("Pictures")) + html::class_key(report.classes) + rows);
}

Markup recipe(const Report& report) {
  if (report.recipe.empty()) return {};
  return section("recipe", "Recipe",
                 element("details", element("summary", text("Every setting of this run")) +
                                        element("pre", element("code", text(report.recipe)))));
}

}  // namespace

std::string report_html(const Report& report) {
  const std::vector<html::ScoredRow> rows = html::scored_rows(report);
  const Markup footer = element("footer", text(std::string("made by nadir ") + version()));
  const Markup main =
      element("main", header(report) + html::key_figures(rows, report.classes) + facts(report) +
                          score_sections(report, rows) + tables(report) + plots(report) + charts(report) +
                          galleries(report) + recipe(report) + footer);
  const Markup page = element("html", {{"lang", "en"}}, head(report) + element("body", main));
  return "<!doctype html>\n" + page.string() + "\n";
}

void write_report(const std::filesystem::path& file, const Report& report) {
  write_file_atomically(file, report_html(report));
}

}  // namespace nadir
