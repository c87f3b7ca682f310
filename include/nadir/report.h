// Reports: one self-contained HTML file that opens offline, prints well and needs no script.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "nadir/data.h"
#include "nadir/metrics.h"

namespace nadir {

struct ReportImage {
  std::string caption;
  std::string data;  // the encoded file
  std::string mime = "image/png";
  bool pixelated = false;  // show pixels as squares (maps), not smoothed (photographs)
};
struct ReportScores {  // one row of the comparison
  std::string name;    // "U-Net", "majority class"
  ConfusionMatrix matrix{0};
  bool highlight = false;  // the model that the report is about
  LabelCounts labels{0};   // in place of the matrix, for the multilabel task
};
struct ReportCurve {
  std::string name;                               // "val/mean_iou"
  std::vector<std::pair<double, double>> points;  // epoch, value; gaps where not finite
};
// Curves of shares by shares: both axes reach from 0 to 1. Precision by recall, accuracy by confidence.
struct ReportPlot {
  std::string title;
  std::string x, y;  // what the axes are
  std::vector<ReportCurve> curves;
  bool diagonal = false;  // a line from corner to corner: chance, or a perfect calibration
};
// A table of runs, or of scores, side by side.
struct ReportColumn {
  enum class Best { kNone, kHighest, kLowest };
  std::string name;
  Best best = Best::kNone;  // whose value is marked
};
struct ReportCell {
  std::string text;
  double value = 0;  // what is compared; NaN: nothing to compare
};
struct ReportTable {
  std::string title;
  std::string caption;
  std::string row_heading = "Run";    // what a row is
  std::vector<ReportColumn> columns;  // beside the first, which holds the rows' names
  std::vector<std::pair<std::string, std::vector<ReportCell>>> rows;  // fewer cells: a note over the rest
};
struct Report {
  std::string title;
  std::string summary;                                     // a sentence or two of plain text
  std::vector<std::pair<std::string, std::string>> facts;  // "parameters": "7,763,272"
  std::vector<ClassInfo> classes;
  Task task = Task::kMulticlass;     // whether pixels or images are what is scored
  std::vector<ReportScores> scores;  // the model first
  std::vector<ReportTable> tables;
  std::vector<std::pair<std::string, std::vector<ReportCurve>>> charts;  // one chart each: "Loss" -> curves
  double marked_epoch = 0;                                               // a line in every chart; 0: none
  std::vector<ReportPlot> plots;                                         // of probabilities
  std::vector<std::pair<std::string, std::vector<ReportImage>>>
      galleries;       // "The scene" -> images side by side
  std::string recipe;  // YAML, shown folded
};
std::string report_html(const Report& report);
void write_report(const std::filesystem::path& file, const Report& report);

}  // namespace nadir
