#include <map>

#include "core/text.h"
#include "models/views/stages.h"
#include "nadir/model.h"

namespace nadir {
namespace {

// Places are in the SVG's units; the picture is as wide as a page, or wider where boxes would be too narrow
// for their names.
constexpr double kPageWidth = 1000, kLeast = 100, kMost = 150, kLeft = 92, kTop = 88, kBoxHeight = 66,
                 kRowGap = 34;

struct Box {
  std::size_t row = 0, column = 0;
  double x = 0, y = 0, width = 0;
  double middle() const { return x + width / 2; }
  double bottom() const { return y + kBoxHeight; }
  double centre() const { return y + kBoxHeight / 2; }
};

struct Picture {
  std::vector<Stage> stages;
  std::vector<std::string> titles;
  std::vector<Box> boxes;
  std::vector<std::int64_t> rows;  // pixels, from most to least
  double width = 0, height = 0;
};

std::string number(double value) { return fixed(value, 1); }

std::string escaped(const std::string& plain) {
  std::string safe;
  for (const char c : plain) {
    safe += c == '<'   ? "&lt;"
            : c == '>' ? "&gt;"
            : c == '&' ? "&amp;"
            : c == '"' ? "&quot;"
                       : std::string(1, c);
  }
  return safe;
}

// Of UTF-8 text: each letter begins with a byte that continues none.
std::vector<std::string> letters_of(const std::string& text) {
  std::vector<std::string> letters;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) letters.emplace_back();
    letters.back() += c;
  }
  return letters;
}

// Cuts the middle out of what is too long; `letter` is the width of one.
std::string fitting(const std::string& text, double width, double letter) {
  const auto most = static_cast<std::size_t>(std::max(4.0, width / letter));
  const std::vector<std::string> letters = letters_of(text);
  if (letters.size() <= most) return text;
  const std::size_t head = (most - 1) * 2 / 3, tail = letters.size() - (most - 1 - head);
  std::string cut;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i == head) cut += "…";
    if (i < head || i >= tail) cut += letters[i];
  }
  return cut;
}

std::string svg_text(double x, double y, const std::string& style, const std::string& text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" class=\"" + style + "\">" + escaped(text) +
         "</text>\n";
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string name;
  for (const std::string& each : parts) name += (name.empty() ? "" : ".") + each;
  return name;
}

// What all modules' names begin with.
std::vector<std::string> common_parts(const std::vector<std::string>& modules) {
  std::vector<std::string> common = parts_of(modules.front());
  for (const std::string& each : modules) {
    const std::vector<std::string> other = parts_of(each);
    std::size_t same = 0;
    while (same < std::min(common.size(), other.size()) && common[same] == other[same]) ++same;
    common.resize(same);
  }
  return common;
}

// "2 conv · concat"
std::string operations_of(const Stage& stage) {
  static const std::vector<std::pair<std::string, std::string>> kNames = {
      {"conv2d", "conv"},   {"conv_transpose2d", "transposed"},
      {"linear", "linear"}, {"attention", "attention"},
      {"pool2d", "pool"},   {"upsample", "upsample"},
      {"cat", "concat"}};
  std::string text;
  for (const auto& [part, shown] : kNames) {
    std::int64_t count = 0;
    for (const auto& [operation, times] : stage.operations) {
      const bool fits = part == "linear" ? operation == part : operation.find(part) != std::string::npos;
      if (fits) count += times;
    }
    if (count == 0) continue;
    text += (text.empty() ? "" : " · ") + (count > 1 ? std::to_string(count) + " " : "") + shown;
  }
  return text;
}

// "encoder.layer1" for modules that have a beginning in common; otherwise, and where `precise`, the first's
// and what is the last's own: "encoder.layer1 … layer3". Where there are no modules, the operations.
std::string title_of(const Stage& stage, bool precise) {
  if (stage.modules.empty()) {
    const std::string shown = operations_of(stage);
    return shown.empty() && !stage.operations.empty() ? stage.operations.front().first : shown;
  }
  const std::vector<std::string> common = common_parts(stage.modules);
  if (!common.empty() && !precise) return joined(common);
  const auto beginning = [&](const std::string& name) {
    std::vector<std::string> parts = parts_of(name);
    parts.resize(std::min(parts.size(), common.size() + 1));
    return joined(parts);
  };
  const std::string first = beginning(stage.modules.front()), last = beginning(stage.modules.back());
  const std::vector<std::string> parts = parts_of(last);
  const bool shared = !common.empty() && parts.size() > common.size();
  return first == last ? first : first + " … " + (shared ? parts.back() : last);
}

// Boxes whose short titles would be alike get precise ones.
std::vector<std::string> titles_of(const std::vector<Stage>& stages) {
  std::map<std::string, int> times;
  for (const Stage& each : stages) ++times[title_of(each, false)];
  std::vector<std::string> titles;
  for (const Stage& each : stages) titles.push_back(title_of(each, times[title_of(each, false)] > 1));
  return titles;
}

std::string shape_of(const Stage& stage) {
  const auto& size = stage.output;
  const auto text = [&](std::size_t i) { return std::to_string(size[i]); };
  if (size.size() == 4 && size[2] * size[3] == stage.pixels)
    return text(1) + " × " + text(2) + " × " + text(3);
  if (size.size() < 2) return "";
  const std::string width = std::to_string(size.back());
  return stage.pixels == 1 ? width : width + " × " + with_thousands(stage.pixels) + " tokens";
}

std::string short_count(std::int64_t count) {
  if (count >= 10'000'000) return fixed(static_cast<double>(count) * 1e-6, 1) + " M";
  if (count >= 1'000'000) return fixed(static_cast<double>(count) * 1e-6, 2) + " M";
  if (count >= 10'000) return fixed(static_cast<double>(count) * 1e-3, 0) + " k";
  return count >= 1000 ? fixed(static_cast<double>(count) * 1e-3, 1) + " k" : std::to_string(count);
}

// Columns: as far right as the longest way from the image, and two apart in a row, since boxes are almost two
// wide.
void set_columns(Picture& picture) {
  std::map<std::size_t, std::size_t> next;  // free column of a row
  for (std::size_t i = 0; i < picture.stages.size(); ++i) {
    Box& box = picture.boxes[i];
    for (const std::size_t each : picture.stages[i].inputs) {
      const bool same_row = picture.boxes[each].row == box.row;
      box.column = std::max(box.column, picture.boxes[each].column + (same_row ? 2 : 1));
    }
    box.column = std::max(box.column, next[box.row]);
    next[box.row] = box.column + 2;
  }
}

Picture lay_out(std::vector<Stage> stages) {
  Picture picture;
  picture.stages = std::move(stages);
  picture.titles = titles_of(picture.stages);
  picture.boxes.resize(picture.stages.size());
  for (const Stage& each : picture.stages) picture.rows.push_back(each.pixels);
  std::sort(picture.rows.rbegin(), picture.rows.rend());
  picture.rows.erase(std::unique(picture.rows.begin(), picture.rows.end()), picture.rows.end());
  for (std::size_t i = 0; i < picture.stages.size(); ++i) {
    const auto row = std::find(picture.rows.begin(), picture.rows.end(), picture.stages[i].pixels);
    picture.boxes[i].row = static_cast<std::size_t>(row - picture.rows.begin());
  }
  set_columns(picture);
  std::size_t columns = 0;
  for (const Box& each : picture.boxes) columns = std::max(columns, each.column + 1);
  const double pitches = static_cast<double>(columns) + 0.75;
  const double pitch = std::clamp((kPageWidth - kLeft - 16) / pitches, kLeast, kMost);
  picture.width = std::max(kPageWidth, kLeft + 16 + pitch * pitches);
  for (Box& box : picture.boxes) {
    box.width = 1.75 * pitch;
    box.x = kLeft + static_cast<double>(box.column) * pitch;
    box.y = kTop + static_cast<double>(box.row) * (kBoxHeight + kRowGap);
  }
  picture.height = kTop + static_cast<double>(picture.rows.size()) * (kBoxHeight + kRowGap) + 14;
  return picture;
}

bool enlarges(const Picture& picture, std::size_t stage) {
  for (const std::size_t each : picture.stages[stage].inputs) {
    if (picture.stages[each].pixels < picture.stages[stage].pixels) return true;
  }
  return false;
}

std::string draw_box(const Picture& picture, std::size_t i) {
  const Stage& stage = picture.stages[i];
  const Box& box = picture.boxes[i];
  const double inside = box.width - 10, x = box.middle();
  const auto line = [&](int index, const std::string& style, const std::string& text, double letter) {
    return svg_text(x, box.y + 16 + 15 * index, style, fitting(text, inside, letter));
  };
  const std::string last = stage.parameters > 0 ? short_count(stage.parameters) + " parameters" : "";
  return "<g><rect x=\"" + number(box.x) + "\" y=\"" + number(box.y) + "\" width=\"" + number(box.width) +
         "\" height=\"" + number(kBoxHeight) + "\" rx=\"5\" class=\"" +
         (enlarges(picture, i) ? "up" : "down") + "\"/>\n" + line(0, "name", picture.titles[i], 7.6) +
         line(1, "shape", shape_of(stage), 6.2) +
         line(2, "small", stage.modules.empty() ? "" : operations_of(stage), 5.0) +
         line(3, "small", last, 5.4) + "</g>\n";
}

bool is_free(const Picture& picture, const Box& from, const Box& to) {
  for (const Box& each : picture.boxes) {
    if (each.row == from.row && each.column > from.column && each.column < to.column) return false;
  }
  return true;
}

// The way from one box to the next: straight where they are above each other or side by side, an arc above
// the row where others stand between.
std::string way(const Picture& picture, const Box& from, const Box& to) {
  const auto at = [](double x, double y) { return number(x) + " " + number(y); };
  if (from.row == to.row) {
    const double begin = from.x + from.width, end = to.x - 2;
    if (is_free(picture, from, to)) return "M" + at(begin, from.centre()) + "L" + at(end, to.centre());
    const double left = from.middle() + from.width / 4, right = to.middle() - to.width / 4, top = from.y - 26;
    return "M" + at(left, from.y) + "C" + at(left + 24, top) + " " + at(right - 24, top) + " " +
           at(right, to.y - 2);
  }
  const bool down = from.row < to.row;
  const double begin = down ? from.bottom() : from.y, end = down ? to.y - 2 : to.bottom() + 2;
  const double least = std::max(from.x, to.x) + 8, most = std::min(from.x + from.width, to.x + to.width) - 8;
  const bool neighbours = (down ? to.row - from.row : from.row - to.row) == 1;
  if (least <= most && neighbours) {
    const double x = (least + most) / 2;
    return "M" + at(x, begin) + "L" + at(x, end);
  }
  const double left = from.x + from.width - 14, right = to.x + 14, bend = (end - begin) / 2;
  return "M" + at(left, begin) + "C" + at(left, begin + bend) + " " + at(right, end - bend) + " " +
         at(right, end);
}

// Of what a stage reads from one resolution below or above, the latest is its way, all else are skips.
bool is_skip(const Picture& picture, std::size_t from, std::size_t to) {
  const auto row = [&](std::size_t stage) { return picture.boxes[stage].row; };
  if (row(from) == row(to)) return true;
  if (from + 1 == to) return false;
  const bool far = row(from) + 1 != row(to) && row(to) + 1 != row(from);
  for (const std::size_t each : picture.stages[to].inputs) {
    if (each > from && (far || row(each) == row(from))) return true;
  }
  return false;
}

std::string draw_ways(const Picture& picture) {
  std::string text;
  for (std::size_t i = 0; i < picture.stages.size(); ++i) {
    for (const std::size_t each : picture.stages[i].inputs) {
      const bool skip = is_skip(picture, each, i);
      text += "<path class=\"" + std::string(skip ? "skip" : "way") + "\" marker-end=\"url(#" +
              (skip ? "skip" : "way") + "-end)\" d=\"" + way(picture, picture.boxes[each], picture.boxes[i]) +
              "\"/>\n";
    }
  }
  return text;
}

std::string row_label(const Picture& picture, std::size_t row) {
  for (const Stage& each : picture.stages) {
    if (each.pixels != picture.rows[row]) continue;
    if (each.pixels == 1) return "vector";
    if (each.output.size() == 4 && each.output[2] * each.output[3] == each.pixels)
      return std::to_string(each.output[2]) + " × " + std::to_string(each.output[3]);
  }
  return with_thousands(picture.rows[row]) + " tokens";
}

std::string draw_rows(const Picture& picture) {
  std::string text;
  for (std::size_t row = 0; row < picture.rows.size(); ++row) {
    const double y = kTop + static_cast<double>(row) * (kBoxHeight + kRowGap) + kBoxHeight / 2;
    text += "<path class=\"level\" d=\"M" + number(kLeft - 6) + " " + number(y) + "H" +
            number(picture.width - 8) + "\"/>\n" +
            svg_text(kLeft - 12, y + 4, "row", row_label(picture, row));
  }
  return text;
}

constexpr const char* kStyle = R"(<style>
text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; text-anchor: middle; fill: #1d2733 }
.title { font-size: 17px; font-weight: 600; text-anchor: start } .note { font-size: 11px; text-anchor: start; fill: #566372 }
.name { font-size: 12px; font-weight: 600 } .shape { font-size: 11px } .small { font-size: 10px; fill: #566372 }
.row { font-size: 11px; text-anchor: end; fill: #566372 }
.down { fill: #e3eefb; stroke: #5b8fc7 } .up { fill: #e5f4e3; stroke: #66a75c }
.level { stroke: #eceff2; fill: none } .way { stroke: #3b4754; stroke-width: 1.5; fill: none }
.skip { stroke: #c06a1e; stroke-width: 1.3; fill: none; stroke-dasharray: 5 3 }
</style>
<defs>
<marker id="way-end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#3b4754"/></marker>
<marker id="skip-end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#c06a1e"/></marker>
</defs>
)";

}  // namespace

std::string draw_network(Model& model, const torch::Tensor& image, const std::string& title) {
  const Picture picture = lay_out(find_stages(model, image));
  const std::string width = number(picture.width), height = number(picture.height);
  std::string text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + width + " " + height + "\" width=\"" +
      width + "\" height=\"" + height + "\" role=\"img\">\n<title>" + escaped(title) + "</title>\n" + kStyle +
      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + svg_text(16, 26, "title", title);
  text += svg_text(
      16, 45, "note",
      with_thousands(count_parameters(model).total) +
          " parameters · boxes: channels × height × width of what leaves them · blue: keeps or reduces "
          "the resolution, green: enlarges · dashed: skips");
  text += draw_rows(picture) + draw_ways(picture);
  for (std::size_t i = 0; i < picture.stages.size(); ++i) text += draw_box(picture, i);
  return text + "</svg>\n";
}

}  // namespace nadir
