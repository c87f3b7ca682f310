// Line charts as inline SVG.
#pragma once

#include <string>
#include <vector>

#include "nadir/report.h"
#include "report/axis.h"
#include "report/html.h"

namespace nadir::html {

// What a chart says beside its curves.
struct ChartNotes {
  std::string x = "epoch";  // the horizontal axis
  std::string y;            // the vertical axis; "": the title says it
  double marked_epoch = 0;  // where a vertical line stands; 0: nowhere
  bool diagonal = false;    // a line from corner to corner
  bool last_values = true;  // in the legend
};

// A point's place in the SVG, in its units; y grows downwards.
struct ChartFrame {
  static constexpr double kWidth = 480;
  static constexpr double kHeight = 280;
  static constexpr double kLeft = 48;
  static constexpr double kRight = 468;
  static constexpr double kTop = 20;
  static constexpr double kBottom = 240;

  Axis epochs;
  Axis values;
  double x(double epoch) const { return kLeft + epochs.place(epoch) * (kRight - kLeft); }
  double y(double value) const { return kBottom - values.place(value) * (kBottom - kTop); }
};

// Holds all finite points. Values from 0 up get an axis from 0 when they come near it.
ChartFrame chart_frame(const std::vector<ReportCurve>& curves);
// "M48 240L258 20": a piece for each unbroken run of two or more finite points.
std::string curve_path(const ReportCurve& curve, const ChartFrame& frame);
// A figure with legend, chart and its values as a folded table; nothing when no point is finite.
// `marked_epoch`: where a vertical line stands; 0: nowhere.
Markup line_chart(const std::string& title, const std::vector<ReportCurve>& curves, double marked_epoch);
// The same with both axes from 0 to 1.
Markup share_chart(const ReportPlot& plot);

}  // namespace nadir::html
