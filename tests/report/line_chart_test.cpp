#include "report/line_chart.h"

#include <gtest/gtest.h>

#include <limits>
#include <locale>
#include <memory>

#include "report/page.h"

namespace nadir::html {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string chart(const std::vector<ReportCurve>& curves, double marked = 0) {
  return line_chart("Loss", curves, marked).string();
}

TEST(LineChartTest, ASimpleSeriesIsDrawnAtKnownPlaces) {
  // The plot reaches from x 48 to 468 and from y 240 up to 20.
  const ReportCurve curve{"val/iou", {{1, 0}, {2, 1}, {3, 0.5}}};
  EXPECT_EQ(curve_path(curve, chart_frame({curve})), "M48 240L258 20L468 130");
  const std::string html = chart({curve}, 2);
  EXPECT_NE(
      html.find("<circle class=\"point\" cx=\"258\" cy=\"20\" r=\"3\"><title>val/iou, epoch 2: 1</title>"),
      std::string::npos);
  EXPECT_NE(html.find("<line class=\"mark\" x1=\"258\" y1=\"20\" x2=\"258\" y2=\"240\">"), std::string::npos);
  EXPECT_NE(html.find(">epoch 2</text>"), std::string::npos);
}

TEST(LineChartTest, LinesBreakWhereValuesAreNotFinite) {
  const ReportCurve curve{"loss", {{1, 0}, {2, 1}, {3, kNan}, {4, 0.5}, {5, kInfinity}, {6, 1}, {7, 0}}};
  EXPECT_EQ(curve_path(curve, chart_frame({curve})), "M48 240L118 20M398 20L468 240");
  const std::string html = chart({curve});
  EXPECT_EQ(page::occurrences(html, "<circle"), 5);
  EXPECT_EQ(page::occurrences(html, "<circle class=\"dot\""), 1) << "epoch 4 stands alone";
  EXPECT_EQ(html.find("nan"), std::string::npos);
  EXPECT_EQ(html.find("inf"), std::string::npos);
}

TEST(LineChartTest, OnePointAloneIsADot) {
  const std::string html = chart({{"loss", {{1, 0.25}}}}, 1);
  EXPECT_NE(html.find("<circle class=\"dot\" cx=\"258\""), std::string::npos) << html;
  EXPECT_EQ(html.find("d=\"\""), std::string::npos);
  EXPECT_EQ(page::nesting_error(html), "");
}

TEST(LineChartTest, AConstantSeriesIsALineInside) {
  const ReportCurve curve{"lr", {{1, 1e-4}, {2, 1e-4}}};
  const ChartFrame frame = chart_frame({curve});
  EXPECT_GT(frame.y(1e-4), ChartFrame::kTop);
  EXPECT_LT(frame.y(1e-4), ChartFrame::kBottom);
}

// The name stood 7 units above the plot, where the label of the tick at 1 touches it.
TEST(LineChartTest, TheVerticalAxisNameIsClearOfTheHighestTick) {
  const std::string html =
      share_chart({.title = "ROC", .x = "rate", .y = "recall", .curves = {{"a", {{0, 0}, {1, 1}}}}}).string();
  EXPECT_NE(html.find("y=\"24\" text-anchor=\"end\">1.0<"), std::string::npos) << html;
  EXPECT_NE(html.find("y=\"7\" text-anchor=\"start\">recall<"), std::string::npos) << html;
}

TEST(LineChartTest, NothingIsDrawnOfNothing) {
  EXPECT_TRUE(line_chart("Loss", {}, 0).empty());
  EXPECT_TRUE(line_chart("Loss", {{"loss", {}}}, 0).empty());
  EXPECT_TRUE(line_chart("Loss", {{"loss", {{1, kNan}, {2, kInfinity}}}}, 1).empty());
}

TEST(LineChartTest, TheMarkStaysAwayWhereItsEpochIsNotShown) {
  const std::vector<ReportCurve> curves = {{"loss", {{1, 0}, {2, 1}}}};
  EXPECT_EQ(chart(curves, 0).find("class=\"mark\""), std::string::npos);
  EXPECT_EQ(chart(curves, 3).find("class=\"mark\""), std::string::npos);
  EXPECT_NE(chart(curves, 1).find("class=\"mark\""), std::string::npos);
}

TEST(LineChartTest, TheFoldedTableHoldsEveryValue) {
  const std::string html = chart({{"a", {{1, 0.5}, {2, kNan}}}, {"b", {{2, 1234567.25}}}});
  std::vector<std::string> rows;
  for (const std::string& row : page::elements(html, "tr")) rows.push_back(page::plain(row));
  EXPECT_EQ(rows, (std::vector<std::string>{"epochab", "10.5", "2\u20131.23457e+06"}));
}

TEST(LineChartTest, NamesAreEscapedEverywhere) {
  const std::string html = line_chart("<x>", {{"<script>", {{1, 0}, {2, 1}}}}, 0).string();
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  EXPECT_EQ(html.find("<x>"), std::string::npos);
  EXPECT_EQ(page::nesting_error(html), "");
}

struct GermanNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(LineChartTest, ALocaleChangesNothing) {
  const std::vector<ReportCurve> curves = {{"loss", {{1, 0.123}, {2, 1234.5}}}};
  const std::string before = chart(curves);
  const std::locale german(std::locale::classic(), std::make_unique<GermanNumbers>().release());
  const std::locale previous = std::locale::global(german);
  const std::string after = chart(curves);
  std::locale::global(previous);
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace nadir::html
