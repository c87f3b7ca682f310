#include "report/class_key.h"

#include <algorithm>
#include <array>

namespace nadir::html {
namespace {

bool is_color(const std::string& color) {
  return color.size() == 7 && color.front() == '#' &&
         color.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
}

}  // namespace

std::string class_color(const ClassInfo& info, std::size_t index) {
  // Okabe and Ito's palette, which colour-blind readers can tell apart.
  static constexpr std::array<const char*, 8> kPalette = {"#e69f00", "#56b4e9", "#009e73", "#f0e442",
                                                          "#0072b2", "#d55e00", "#cc79a7", "#999999"};
  return is_color(info.color) ? info.color : kPalette[index % kPalette.size()];
}

Markup class_swatch(const ClassInfo& info, std::size_t index) {
  return element(
      "span",
      {{"class", "swatch"}, {"style", "background:" + class_color(info, index)}, {"aria-hidden", "true"}});
}

Markup class_label(const ClassInfo& info, std::size_t index) {
  return element("span", {{"class", "class-label"}}, class_swatch(info, index) + text(info.name));
}

Markup class_key(const std::vector<ClassInfo>& classes) {
  if (classes.empty()) return {};
  Markup items;
  for (std::size_t i = 0; i < classes.size(); ++i) items += element("li", class_label(classes[i], i));
  return element("ul", {{"class", "key"}, {"aria-label", "Classes"}}, items);
}

}  // namespace nadir::html
