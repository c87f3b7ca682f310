#include "report/line_chart.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "core/text.h"
#include "report/number_text.h"

namespace nadir::html {
namespace {

using Point = std::pair<double, double>;

// From the plot's top to the baseline of the vertical axis's name: clear of the highest tick's label.
constexpr double kAxisName = 13;

bool is_finite(const Point& point) { return std::isfinite(point.first) && std::isfinite(point.second); }

// Coordinates to a tenth of a unit, without a needless ".0".
std::string coordinate(double value) { return shortest(std::round(value * 10) / 10 + 0.0); }

// A value in running text, with `digits` digits that count.
std::string value_text(double value, int digits = 6) {
  if (!std::isfinite(value)) return score_text(value);
  std::array<char, 32> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, digits)
          .ptr;
  return {buffer.data(), end};
}

std::string epoch_text(double epoch) { return value_text(epoch); }

// Colour and dash pattern of a curve: two signs, so that neither has to be seen.
std::string curve_class(std::size_t index) {
  return "c" + std::to_string(index % 6) + " d" + std::to_string(index % 4);
}

Markup svg_text(double x, double y, const std::string& anchor, const std::string& content) {
  return element("text", {{"x", coordinate(x)}, {"y", coordinate(y)}, {"text-anchor", anchor}},
                 text(content));
}

Markup svg_line(const std::string& css_class, Point from, Point to) {
  return element("line", {{"class", css_class},
                          {"x1", coordinate(from.first)},
                          {"y1", coordinate(from.second)},
                          {"x2", coordinate(to.first)},
                          {"y2", coordinate(to.second)}});
}

Markup axes(const ChartFrame& frame, const ChartNotes& notes) {
  using F = ChartFrame;
  Markup marks;
  for (const double value : frame.values.ticks) {
    const double y = frame.y(value);
    marks += svg_line("grid", {F::kLeft, y}, {F::kRight, y});
    marks += svg_text(F::kLeft - 8, y + 4, "end", tick_label(value, frame.values.step));
  }
  marks += svg_line("axis", {F::kLeft, F::kBottom}, {F::kRight, F::kBottom});
  for (const double epoch : frame.epochs.ticks) {
    const double x = frame.x(epoch);
    marks += svg_line("axis", {x, F::kBottom}, {x, F::kBottom + 4});
    marks += svg_text(x, F::kBottom + 18, "middle", tick_label(epoch, frame.epochs.step));
  }
  marks += svg_text((F::kLeft + F::kRight) / 2, F::kBottom + 36, "middle", notes.x);
  if (!notes.y.empty()) marks += svg_text(F::kLeft - 40, F::kTop - kAxisName, "start", notes.y);
  return element("g", {{"class", "axes"}}, marks);
}

Markup marker(double epoch, const ChartFrame& frame) {
  if (epoch == 0 || epoch < frame.epochs.low || epoch > frame.epochs.high) return {};
  const double x = frame.x(epoch);
  const double place = frame.epochs.place(epoch);
  const std::string anchor = place < 0.1 ? "start" : place > 0.9 ? "end" : "middle";
  return element("g", {{"class", "marker"}},
                 svg_line("mark", {x, ChartFrame::kTop}, {x, ChartFrame::kBottom}) +
                     svg_text(x, ChartFrame::kTop - 7, anchor, "epoch " + epoch_text(epoch)));
}

// Whether the point has no finite neighbour, so that no line shows it.
bool is_alone(const std::vector<Point>& points, std::size_t i) {
  const bool before = i > 0 && is_finite(points[i - 1]);
  const bool after = i + 1 < points.size() && is_finite(points[i + 1]);
  return !before && !after;
}

// Every point says its value when the pointer is over it.
Markup points_of(const ReportCurve& curve, const ChartFrame& frame, const std::string& x) {
  Markup marks;
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const Point& point = curve.points[i];
    if (!is_finite(point)) continue;
    const std::string label =
        curve.name + ", " + x + " " + epoch_text(point.first) + ": " + value_text(point.second);
    marks += element("circle",
                     {{"class", is_alone(curve.points, i) ? "dot" : "point"},
                      {"cx", coordinate(frame.x(point.first))},
                      {"cy", coordinate(frame.y(point.second))},
                      {"r", "3"}},
                     element("title", text(label)));
  }
  return marks;
}

Markup curve_group(const ReportCurve& curve, std::size_t index, const ChartFrame& frame,
                   const std::string& x) {
  const std::string path = curve_path(curve, frame);
  const Markup line = path.empty() ? Markup() : element("path", {{"d", path}});
  return element("g", {{"class", "curve " + curve_class(index)}}, line + points_of(curve, frame, x));
}

std::optional<double> last_value(const ReportCurve& curve) {
  const auto last = std::find_if(curve.points.rbegin(), curve.points.rend(), is_finite);
  return last == curve.points.rend() ? std::nullopt : std::optional(last->second);
}

Markup legend(const std::vector<ReportCurve>& curves, bool last_values) {
  Markup items;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const Markup sample = element(
        "svg", {{"viewBox", "0 0 24 8"}, {"class", "sample " + curve_class(i)}, {"aria-hidden", "true"}},
        element("path", {{"d", "M0 4L24 4"}}));
    const auto last = last_values ? last_value(curves[i]) : std::nullopt;
    const Markup value = last ? element("span", {{"class", "muted"}}, text(value_text(*last, 4))) : Markup();
    items += element("li", sample + text(curves[i].name + " ") + value);
  }
  return element("ul", {{"class", "legend"}}, items);
}

std::string chart_label(const std::string& title, const std::vector<ReportCurve>& curves,
                        const std::string& x) {
  std::vector<std::string> names;
  for (const ReportCurve& curve : curves) names.push_back(curve.name);
  return title + ": line chart of " + join_words(names) + " by " + x +
         ". The table below it holds the values.";
}

// A row for each epoch (or other place), a column for each curve.
Markup values_table(const std::vector<ReportCurve>& curves, const std::string& x) {
  std::map<double, std::vector<std::string>> rows;
  for (std::size_t i = 0; i < curves.size(); ++i) {
    for (const auto& [epoch, value] : curves[i].points) {
      if (!std::isfinite(epoch)) continue;
      rows.try_emplace(epoch, curves.size()).first->second[i] = value_text(value);
    }
  }
  Markup head = element("th", {{"scope", "col"}}, text(x));
  for (const ReportCurve& curve : curves) head += element("th", {{"scope", "col"}}, text(curve.name));
  Markup body;
  for (const auto& [epoch, values] : rows) {
    Markup cells = element("th", {{"scope", "row"}}, text(epoch_text(epoch)));
    for (const std::string& value : values) cells += element("td", text(value));
    body += element("tr", cells);
  }
  const Markup table = element("table", element("thead", element("tr", head)) + element("tbody", body));
  return element("details", {{"class", "values"}},
                 element("summary", text("Values")) + element("div", {{"class", "scroll"}}, table));
}

Markup chart(const std::string& title, const std::vector<ReportCurve>& curves, const ChartFrame& frame,
             const ChartNotes& notes) {
  const bool drawable = std::any_of(curves.begin(), curves.end(),
                                    [](const ReportCurve& curve) { return last_value(curve).has_value(); });
  if (!drawable) return {};
  Markup drawing = axes(frame, notes) + marker(notes.marked_epoch, frame);
  if (notes.diagonal) {
    drawing += svg_line("mark", {frame.x(frame.epochs.low), frame.y(frame.values.low)},
                        {frame.x(frame.epochs.high), frame.y(frame.values.high)});
  }
  for (std::size_t i = 0; i < curves.size(); ++i) drawing += curve_group(curves[i], i, frame, notes.x);
  const std::string view_box =
      "0 0 " + coordinate(ChartFrame::kWidth) + " " + coordinate(ChartFrame::kHeight);
  const Markup svg = element(
      "svg", {{"viewBox", view_box}, {"role", "img"}, {"aria-label", chart_label(title, curves, notes.x)}},
      drawing);
  return element("figure", {{"class", "chart"}},
                 element("figcaption", text(title)) + svg + legend(curves, notes.last_values) +
                     values_table(curves, notes.x));
}

}  // namespace

ChartFrame chart_frame(const std::vector<ReportCurve>& curves) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Point low{kInfinity, kInfinity};
  Point high{-kInfinity, -kInfinity};
  for (const ReportCurve& curve : curves) {
    for (const Point& point : curve.points) {
      if (!is_finite(point)) continue;
      low = {std::min(low.first, point.first), std::min(low.second, point.second)};
      high = {std::max(high.first, point.first), std::max(high.second, point.second)};
    }
  }
  if (low.first > high.first) return {.epochs = counting_axis(0, 1, 8), .values = rounded_axis(0, 1, 5)};
  if (low.second > 0 && low.second < high.second / 3) low.second = 0;
  return {.epochs = counting_axis(low.first, high.first, 8),
          .values = rounded_axis(low.second, high.second, 5)};
}

std::string curve_path(const ReportCurve& curve, const ChartFrame& frame) {
  std::string path;
  for (std::size_t i = 0; i < curve.points.size(); ++i) {
    const Point& point = curve.points[i];
    if (!is_finite(point) || is_alone(curve.points, i)) continue;
    const bool begins = i == 0 || !is_finite(curve.points[i - 1]);
    path += begins ? "M" : "L";
    path += coordinate(frame.x(point.first)) + " " + coordinate(frame.y(point.second));
  }
  return path;
}

Markup line_chart(const std::string& title, const std::vector<ReportCurve>& curves, double marked_epoch) {
  return chart(title, curves, chart_frame(curves), {.marked_epoch = marked_epoch});
}

Markup share_chart(const ReportPlot& plot) {
  const ChartFrame frame{.epochs = rounded_axis(0, 1, 5), .values = rounded_axis(0, 1, 5)};
  return chart(plot.title, plot.curves, frame,
               {.x = plot.x, .y = plot.y, .diagonal = plot.diagonal, .last_values = false});
}

}  // namespace nadir::html
