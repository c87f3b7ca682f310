#include "data/sources/color_classes.h"

#include <sstream>

#include "core/text.h"
#include "data/csv.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

std::uint32_t channel(const std::string& where, const std::string& text) {
  const bool digits =
      !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == std::string::npos;
  const unsigned long value = digits ? std::stoul(text) : 256;
  if (value > 255) throw DataError(where + ": '" + text + "' is not a number from 0 to 255");
  return static_cast<std::uint32_t>(value);
}

std::vector<ColorClass> read_table(const std::string& file) {
  Problems problems(false);
  const CsvTable table = read_csv(file, problems);
  const std::size_t name = table.column("name"), red = table.column("r"), green = table.column("g"),
                    blue = table.column("b");
  std::vector<ColorClass> classes;
  for (const CsvRow& row : table.rows) {
    const auto value = [&](std::size_t column) {
      std::string text = row.fields[column];
      text.erase(0, text.find_first_not_of(' '));
      return channel(table.where(row), text);
    };
    classes.push_back({row.fields[name], value(red) << 16 | value(green) << 8 | value(blue)});
  }
  return classes;
}

std::vector<ColorClass> read_lines(const std::string& file) {
  std::istringstream lines(read_text_file(file));
  std::vector<ColorClass> classes;
  std::string line;
  for (std::int64_t number = 1; std::getline(lines, line); ++number) {
    std::istringstream words(line);
    std::string red, green, blue, name;
    if (!(words >> red)) continue;
    const std::string where = file + ", line " + std::to_string(number);
    if (!(words >> green >> blue >> name))
      throw DataError(where + ": is not of the form RED GREEN BLUE NAME");
    classes.push_back({name, channel(where, red) << 16 | channel(where, green) << 8 | channel(where, blue)});
  }
  return classes;
}

}  // namespace

std::vector<ColorClass> read_color_classes(const std::string& file) {
  std::vector<ColorClass> classes = file.ends_with(".csv") ? read_table(file) : read_lines(file);
  if (classes.empty()) throw DataError(file + ": names no class");
  return classes;
}

PictureMask::Table table_of_colors(const std::string& file, const std::vector<std::string>& ignored,
                                   const LabelSpec& labels) {
  PictureMask::Table table;
  table.labels = "color";
  table.advice = "Its colours are those of " + file;
  const std::vector<std::string> names = class_names(labels.classes);
  std::vector<bool> found(names.size());
  for (const ColorClass& each : read_color_classes(file)) {
    const auto place = std::find(names.begin(), names.end(), each.name);
    const bool counts = std::find(ignored.begin(), ignored.end(), each.name) == ignored.end();
    if (counts && place == names.end()) {
      throw ConfigError(file + " has the class '" + each.name +
                        "', which the recipe has not; its classes are " + join_words(names) +
                        ". List it in ignore_classes if its pixels do not count");
    }
    const auto index = static_cast<std::size_t>(place - names.begin());
    if (counts) found[index] = true;
    table.by_color.emplace(each.color,
                           static_cast<std::uint8_t>(counts ? index : static_cast<std::size_t>(kIgnore)));
  }
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (!found[k]) throw ConfigError(file + " has no class '" + names[k] + "' of the recipe");
  }
  return table;
}

}  // namespace nadir
