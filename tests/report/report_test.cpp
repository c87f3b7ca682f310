#include "nadir/report.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>

#include "nadir/nadir.h"
#include "report/html.h"
#include "report/matrices.h"
#include "report/page.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Report full_report() {
  Report report{.title = "Water", .summary = "A U-Net finds water."};
  report.facts = {{"parameters", "7,763,272"}};
  report.classes = {{.name = "land", .color = "#b59a6a"}, {.name = "water", .color = "#1f6feb"}};
  report.scores = {{.name = "U-Net", .matrix = matrix_of({{78, 2}, {5, 15}}), .highlight = true},
                   {.name = "majority", .matrix = matrix_of({{80, 0}, {20, 0}})}};
  report.charts = {{"Loss", {{"train/loss", {{1, 1}, {2, 0.5}}}, {"val/loss", {{1, kNan}, {2, 0.7}}}}}};
  report.marked_epoch = 2;
  report.galleries = {{"The scene",
                       {{.caption = "image", .data = "foobar"},
                        {.caption = "map", .data = "foo", .mime = "image/jpeg", .pixelated = true}}}};
  report.recipe = "task: multiclass\n";
  return report;
}

TEST(ReportTest, EveryElementThatBeginsEnds) {
  EXPECT_EQ(page::nesting_error(report_html(full_report())), "");
  EXPECT_EQ(page::nesting_error(report_html({})), "");
}

TEST(ReportTest, WholeImagesHaveTheClassificationReportAndPlots) {
  Report report = full_report();
  report.task = Task::kClassification;
  report.plots = {{.title = "Reliability",
                   .x = "confidence",
                   .y = "right",
                   .curves = {{"as used", {{0.55, 0.5}, {0.95, 1}}}},
                   .diagonal = true}};
  const std::string html = report_html(report);
  EXPECT_EQ(page::nesting_error(html), "");
  // Precision of land 78 / 83, recall of water 15 / 20, macro F1 (156/163 + 30/37) / 2: scikit-learn's.
  for (const char* part : {"Classification report", "0.9398", "0.7500", "0.8839", "macro average",
                           "100 images", "Macro F1", "share of its images"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(html.find("IoU"), std::string::npos) << "is for maps";
  // Both axes reach from 0 to 1: the diagonal from corner to corner, the point (0.55, 0.5) in between.
  EXPECT_NE(html.find("<line class=\"mark\" x1=\"48\" y1=\"240\" x2=\"468\" y2=\"20\">"), std::string::npos);
  EXPECT_NE(html.find("cx=\"279\" cy=\"130\""), std::string::npos);
}

TEST(ReportTest, SeveralLabelsOfAnImageHaveTheMicroAverage) {
  Report report;
  report.title = "Clouds";
  report.task = Task::kMultilabelClassification;
  report.classes = {{.name = "Fish", .color = "#e69f00"}};
  report.scores = {{.name = "network", .labels = LabelCounts({{3, 1, 2, 4}})}};
  const std::string html = report_html(report);
  EXPECT_EQ(page::nesting_error(html), "");
  EXPECT_NE(html.find("micro average"), std::string::npos);
  EXPECT_NE(html.find("10 images"), std::string::npos);
  // Of 3 + 2 images with fish 2 are missed, of 1 + 4 without 1 is taken for one.
  EXPECT_NE(html.find("2 images of Fish, predicted as no Fish (40.0\u00A0%)"), std::string::npos) << html;
  EXPECT_NE(html.find("1 image of no Fish, predicted as Fish (20.0\u00A0%)"), std::string::npos);
  EXPECT_EQ(page::occurrences(html, "<h3>F1 <span"), 1);
  EXPECT_EQ(page::occurrences(html, "Macro F1"), 0) << "of one class its F1 says it";
}

TEST(ReportTest, TheNestingCheckFindsFaults) {
  EXPECT_EQ(page::nesting_error("<p><b>x</p></b>"), "</p> ends <b>");
  EXPECT_EQ(page::nesting_error("<p><img>"), "<p> has no end");
  EXPECT_EQ(page::nesting_error("</p>"), "</p> ends nothing");
}

TEST(ReportTest, NothingOutsideTheFileIsNeeded) {
  const std::string html = report_html(full_report());
  for (const char* outside :
       {"http:", "https:", "//", "@import", "url(", "<script", "<link", "src=\"/", "file:"}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
  EXPECT_EQ(page::occurrences(html, " src="), page::occurrences(html, " src=\"data:image/"));
  EXPECT_EQ(page::occurrences(html, " href="), page::occurrences(html, " href=\"#"));
}

TEST(ReportTest, PartsComeInTheirOrder) {
  const std::string html = report_html(full_report());
  std::size_t at = 0;
  for (const char* part :
       {"<h1>Water</h1>", "A U-Net finds water.", "class=\"number\"", "7,763,272", "id=\"comparison\"",
        "id=\"classes\"", "id=\"confusion\"", "id=\"training\"", "id=\"pictures\"", "class=\"key\"",
        "<pre><code>task: multiclass\n</code></pre>", "made by nadir "}) {
    const std::size_t found = html.find(part, at);
    ASSERT_NE(found, std::string::npos) << part;
    at = found;
  }
  EXPECT_NE(html.find(std::string("made by nadir ") + version() + "</footer>"), std::string::npos);
}

TEST(ReportTest, PicturesAreInTheFileWithTheirCaptions) {
  const std::string html = report_html(full_report());
  EXPECT_NE(html.find("<img src=\"data:image/png;base64,Zm9vYmFy\" alt=\"The scene: image\">"),
            std::string::npos);
  EXPECT_NE(html.find("<img src=\"data:image/jpeg;base64,Zm9v\" alt=\"The scene: map\" class=\"pixelated\">"),
            std::string::npos);
  EXPECT_EQ(page::occurrences(html, "<figcaption>map</figcaption>"), 1);
}

TEST(ReportTest, EverythingThatIsGivenIsEscaped) {
  const std::string bad = "<script>alert('&\"')</script>";
  Report report = full_report();
  report.title = report.summary = report.recipe = bad;
  report.facts = {{bad, bad}};
  report.classes[0].name = bad;
  report.classes[1].color = bad;
  for (ReportScores& each : report.scores) each.name = bad;
  report.charts[0].first = report.charts[0].second[0].name = bad;
  report.galleries[0].first = bad;
  for (ReportImage& image : report.galleries[0].second) image.caption = image.mime = bad;
  const std::string html = report_html(report);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("'&"), std::string::npos);
  EXPECT_EQ(page::nesting_error(html), "");
  EXPECT_GT(page::occurrences(html, html::escape(bad)), 15);
}

TEST(ReportTest, PartsThatHoldNothingAreLeftOut) {
  const std::string empty = report_html({.title = "Nothing"});
  for (const char* part : {"<section", "<table", "<figure", "<svg", "<details", "<dl"}) {
    EXPECT_EQ(empty.find(part), std::string::npos) << part;
  }
  Report report = full_report();
  report.galleries = {{"Without pictures", {}}};
  report.charts = {{"Without values", {{"loss", {{1, kNan}}}}}};
  const std::string html = report_html(report);
  EXPECT_EQ(html.find("Without pictures"), std::string::npos);
  EXPECT_EQ(html.find("Without values"), std::string::npos);
  EXPECT_EQ(html.find("id=\"pictures\""), std::string::npos);
}

TEST(ReportTest, IsWrittenToItsFile) {
  const TemporaryFolder folder;
  write_report(folder / "run" / "report.html", full_report());
  std::ifstream stream(folder / "run" / "report.html", std::ios::binary);
  const std::string written{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_EQ(written, report_html(full_report()));
}

}  // namespace
}  // namespace nadir
