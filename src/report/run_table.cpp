#include "report/run_table.h"

#include <cmath>
#include <stdexcept>

#include "report/score_tables.h"

namespace nadir::html {
namespace {

using Best = ReportColumn::Best;

// What the best of a column prints as; "" where there is nothing to compare.
std::string best_cell(const ReportTable& table, std::size_t column) {
  const Best best = table.columns[column].best;
  const ReportCell* found = nullptr;
  std::size_t compared = 0;
  for (const auto& [name, cells] : table.rows) {
    if (best == Best::kNone || column >= cells.size() || !std::isfinite(cells[column].value)) continue;
    ++compared;
    const double value = cells[column].value;
    if (!found || (best == Best::kHighest ? value > found->value : value < found->value)) {
      found = &cells[column];
    }
  }
  return compared > 1 ? found->text : "";
}

Markup cell_markup(const ReportCell& cell, const std::string& best) {
  if (best.empty() || cell.text != best) return element("td", text(cell.text));
  return element("td", element("strong", {{"title", "best of this column"}}, text(cell.text)));
}

Markup row_markup(const ReportTable& table, const std::vector<std::string>& best, std::size_t row) {
  const auto& [name, cells] = table.rows[row];
  if (cells.size() > table.columns.size()) {
    throw std::logic_error("report: a row of '" + table.title + "' has more cells than there are columns");
  }
  Markup content = element("th", {{"scope", "row"}}, text(name));
  if (cells.size() < table.columns.size()) {  // a run that has no figures
    const std::string note = cells.empty() ? "" : cells.front().text;
    return element(
        "tr", content + element("td", {{"class", "note"}, {"colspan", std::to_string(table.columns.size())}},
                                text(note)));
  }
  for (std::size_t i = 0; i < cells.size(); ++i) content += cell_markup(cells[i], best[i]);
  return element("tr", content);
}

}  // namespace

Markup run_table(const ReportTable& table) {
  if (table.rows.empty()) return {};
  Markup head = column_head(text(table.row_heading));
  std::vector<std::string> best;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    head += column_head(text(table.columns[i].name));
    best.push_back(best_cell(table, i));
  }
  Markup body;
  for (std::size_t i = 0; i < table.rows.size(); ++i) body += row_markup(table, best, i);
  return scrolling(table.title, element("table", {{"class", "scores comparison"}},
                                        caption(table.caption) + element("thead", element("tr", head)) +
                                            element("tbody", body)));
}

}  // namespace nadir::html
