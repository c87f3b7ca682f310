// Tables of scores: models side by side, and the classes of one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "nadir/metrics.h"
#include "nadir/report.h"
#include "report/html.h"

namespace nadir::html {

// A row of the comparison with its scores worked out.
struct ScoredRow {
  std::string name;
  Scores scores;
  std::int64_t pixels = 0;                                    // or images
  std::optional<ClassificationReport> report = std::nullopt;  // of whole images
  bool highlight = false;
};
// Exactly one row is highlighted: the first that asks for it, or else the first of all.
// Throws std::logic_error for a matrix of another number of classes.
std::vector<ScoredRow> scored_rows(const Report& report);

// A row for each model, the best value of every column in bold.
Markup comparison_table(const std::vector<ScoredRow>& rows, const std::vector<ClassInfo>& classes);
// A row for each class of one model.
Markup class_table(const ScoredRow& row, const std::vector<ClassInfo>& classes);
// Of whole images: scikit-learn's classification report.
Markup image_class_table(const ScoredRow& row, const std::vector<ClassInfo>& classes);

// A table that scrolls sideways by itself where the page is narrow.
Markup scrolling(const std::string& label, const Markup& table);
Markup caption(const std::string& content);
Markup column_head(const Markup& content, const std::string& css_class = "");

}  // namespace nadir::html
