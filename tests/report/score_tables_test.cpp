#include "report/score_tables.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <stdexcept>

#include "core/text.h"
#include "report/confusion_table.h"
#include "report/key_figures.h"
#include "report/matrices.h"
#include "report/number_text.h"
#include "report/page.h"

namespace nadir::html {
namespace {

using Cells = std::vector<std::string>;

const std::vector<ClassInfo> kClasses = {{.name = "land", .color = "#b59a6a"},
                                         {.name = "water", .color = "#1f6feb"}};

// The report of two rows on 100 pixels, 20 of them water.
Report two_rows() {
  Report report{.title = "t", .classes = kClasses};
  report.scores.push_back({.name = "majority", .matrix = matrix_of({{80, 0}, {20, 0}})});
  report.scores.push_back({.name = "U-Net", .matrix = matrix_of({{78, 2}, {5, 15}}), .highlight = true});
  return report;
}

// The cells of each row of a table, as text.
std::vector<Cells> rows_of(const Markup& table) {
  std::vector<Cells> rows;
  for (const std::string& row : page::elements(table.string(), "tr")) {
    Cells cells;
    for (const std::string& head : page::elements(row, "th")) cells.push_back(page::plain(head));
    for (const std::string& cell : page::elements(row, "td")) cells.push_back(page::plain(cell));
    rows.push_back(cells);
  }
  return rows;
}

TEST(ComparisonTableTest, PrintsTheScoresOfEveryRow) {
  const Report report = two_rows();
  const auto rows = rows_of(comparison_table(scored_rows(report), kClasses));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0],
            (Cells{"Model", "Pixel accuracy", "Mean IoU", "Mean Dice", "Kappa", "IoU land", "IoU water"}));
  for (std::size_t i = 0; i < 2; ++i) {
    const Scores s = scores(report.scores[i].matrix);
    EXPECT_EQ(rows[i + 1], (Cells{report.scores[i].name, score_text(s.pixel_accuracy), score_text(s.mean_iou),
                                  score_text(s.mean_dice), score_text(s.kappa),
                                  score_text(s.per_class[0].iou), score_text(s.per_class[1].iou)}));
  }
  // By hand: 93 of 100 pixels are right; IoU of water is 15 / (15 + 2 + 5), of land 78 / (78 + 5 + 2).
  EXPECT_EQ(rows[2][1], "0.9300");
  EXPECT_EQ(rows[2][5], "0.9176");
  EXPECT_EQ(rows[2][6], "0.6818");
}

TEST(ComparisonTableTest, BestOfEachColumnIsBoldAndTheHighlightedRowIsMarked) {
  const auto table = comparison_table(scored_rows(two_rows()), kClasses).string();
  const auto bold = page::elements(table, "strong");
  EXPECT_EQ(bold.size(), 6U) << "one per column: the U-Net wins all";
  EXPECT_EQ(bold.front(), "0.9300");
  EXPECT_EQ(page::occurrences(table, "<tr class=\"ours\"><th scope=\"row\">U-Net</th>"), 1);
  EXPECT_EQ(page::occurrences(table, "class=\"ours\""), 1);
}

TEST(ComparisonTableTest, EqualValuesAreAllBoldAndOneRowHasNoBest) {
  Report report = two_rows();
  report.scores[1].matrix = report.scores[0].matrix;
  EXPECT_EQ(page::elements(comparison_table(scored_rows(report), kClasses).string(), "strong").size(), 12U);
  report.scores.pop_back();
  EXPECT_TRUE(page::elements(comparison_table(scored_rows(report), kClasses).string(), "strong").empty());
}

TEST(ComparisonTableTest, UndefinedScoresAreDashesWithAFootnote) {
  Report report{.title = "t", .classes = kClasses};
  report.scores.push_back({.name = "U-Net", .matrix = matrix_of({{9, 0}, {0, 0}})});
  const Markup table = comparison_table(scored_rows(report), kClasses);
  EXPECT_EQ(rows_of(table)[1][6], "\u2013");
  EXPECT_EQ(table.string().find("nan"), std::string::npos);
  EXPECT_EQ(page::occurrences(table.string(), "class=\"footnote\""), 1);
  EXPECT_EQ(page::occurrences(comparison_table(scored_rows(two_rows()), kClasses).string(), "footnote"), 0);
}

TEST(ClassTableTest, PrintsTheScoresOfEveryClass) {
  const Report report = two_rows();
  const auto scored = scored_rows(report);
  const auto rows = rows_of(class_table(scored[1], kClasses));
  const Scores s = scores(report.scores[1].matrix);
  ASSERT_EQ(rows.size(), 3U);
  for (std::size_t k = 0; k < 2; ++k) {
    const ClassScores& c = s.per_class[k];
    EXPECT_EQ(rows[k + 1],
              (Cells{kClasses[k].name, score_text(c.iou), score_text(c.dice), score_text(c.precision),
                     score_text(c.recall), with_thousands(c.support), percent_text(c.support, 100)}));
  }
  EXPECT_EQ(rows[2], (Cells{"water", "0.6818", "0.8108", "0.8824", "0.7500", "20", "20.0\u00A0%"}));
}

TEST(ClassTableTest, AnEmptyMatrixGivesDashesEverywhere) {
  Report report{.title = "t", .classes = kClasses};
  report.scores.push_back({.name = "U-Net", .matrix = ConfusionMatrix(2)});
  const Markup table = class_table(scored_rows(report).front(), kClasses);
  EXPECT_EQ(rows_of(table)[1], (Cells{"land", "\u2013", "\u2013", "\u2013", "\u2013", "0", "\u2013"}));
  EXPECT_EQ(page::occurrences(table.string(), "class=\"bar\""), 0);
  EXPECT_EQ(page::occurrences(table.string(), "class=\"footnote\""), 1);
}

TEST(ConfusionTableTest, CellsAreSharesOfTheTrueClassAndCounts) {
  const Markup table = confusion_table(two_rows().scores[1].matrix, kClasses, "U-Net");
  const auto rows = rows_of(table);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[2], (Cells{"land", "97.5\u00A0%78", "2.5\u00A0%2", "80"}));
  EXPECT_EQ(rows[3], (Cells{"water", "25.0\u00A0%5", "75.0\u00A0%15", "20"}));
  EXPECT_NE(table.string().find("title=\"5 pixels of water, predicted as land (25.0\u00A0%)\""),
            std::string::npos);
  EXPECT_NE(table.string().find("opacity:0.975"), std::string::npos);
}

TEST(ConfusionTableTest, AClassThatIsNotThereHasNoShares) {
  const auto rows = rows_of(confusion_table(matrix_of({{9, 0}, {0, 0}}), kClasses, "U-Net"));
  EXPECT_EQ(rows[3], (Cells{"water", "\u20130", "\u20130", "0"}));
}

TEST(KeyFiguresTest, ShowTheHighlightedRowLargeBesideTheOthers) {
  const auto html = key_figures(scored_rows(two_rows()), kClasses).string();
  const auto numbers = page::elements(html, "p");
  ASSERT_EQ(numbers.size(), 4U) << "mean IoU, pixel accuracy, two classes";
  EXPECT_EQ(numbers[1], "0.930");
  EXPECT_EQ(numbers[3], "0.682");
  EXPECT_EQ(page::plain(page::elements(html, "li").at(2)), "majority0.800");
}

TEST(KeyFiguresTest, ManyClassesStayInTheTable) {
  Report report{.title = "t"};
  for (int i = 0; i < 7; ++i) report.classes.push_back({.name = std::to_string(i)});
  report.scores.push_back({.name = "U-Net", .matrix = ConfusionMatrix(7)});
  const auto html = key_figures(scored_rows(report), report.classes).string();
  EXPECT_EQ(page::elements(html, "p").size(), 2U);
  EXPECT_TRUE(page::elements(html, "li").empty()) << "nothing to compare with";
}

TEST(ScoredRowsTest, ExactlyOneRowIsHighlighted) {
  Report report = two_rows();
  EXPECT_FALSE(scored_rows(report)[0].highlight);
  EXPECT_TRUE(scored_rows(report)[1].highlight);
  report.scores[0].highlight = true;
  EXPECT_FALSE(scored_rows(report)[1].highlight);
  report.scores[0].highlight = report.scores[1].highlight = false;
  EXPECT_TRUE(scored_rows(report)[0].highlight);
  EXPECT_TRUE(scored_rows(Report{}).empty());
}

TEST(ScoredRowsTest, AMatrixOfOtherClassesIsOurBug) {
  Report report = two_rows();
  report.classes.pop_back();
  EXPECT_THROW(scored_rows(report), std::logic_error);
}

}  // namespace
}  // namespace nadir::html
