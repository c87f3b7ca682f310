#include <set>

#include "nadir/data.h"

namespace nadir {

Task parse_task(const std::string& name) {
  if (name == "multiclass") return Task::kMulticlass;
  if (name == "multilabel") return Task::kMultilabel;
  if (name == "classification") return Task::kClassification;
  if (name == "multilabel_classification") return Task::kMultilabelClassification;
  throw ConfigError("task '" + name +
                    "' is unknown; use multiclass or multilabel (of pixels), classification or "
                    "multilabel_classification (of whole images)");
}

std::string to_string(Task task) {
  switch (task) {
    case Task::kMulticlass:
      return "multiclass";
    case Task::kMultilabel:
      return "multilabel";
    case Task::kClassification:
      return "classification";
    case Task::kMultilabelClassification:
      return "multilabel_classification";
  }
  throw std::logic_error("a task without a name");
}

void ClassInfo::fields(FieldVisitor& visit) {
  visit.field("name", name);
  visit.field("color", color);
  visit.field("value", value, at_least(-1));
}

namespace {

// Distinguishable for most kinds of colour blindness (Okabe and Ito 2008), then repeated.
constexpr std::array<const char*, 8> kColors = {"#e69f00", "#56b4e9", "#009e73", "#f0e442",
                                                "#0072b2", "#d55e00", "#cc79a7", "#999999"};

bool is_color(const std::string& text) {
  return text.size() == 7 && text[0] == '#' &&
         text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
}

}  // namespace

void complete_classes(std::vector<ClassInfo>& classes) {
  std::set<std::string> names;
  std::set<std::int64_t> values;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    ClassInfo& each = classes[i];
    const std::string which = "class " + std::to_string(i);
    if (each.name.empty()) throw ConfigError(which + " has no name");
    if (!names.insert(each.name).second) throw ConfigError("two classes are called '" + each.name + "'");
    if (each.color.empty()) each.color = kColors[i % kColors.size()];
    if (!is_color(each.color)) {
      throw ConfigError(which + " (" + each.name + "): colour '" + each.color +
                        "' is not of the form \"#rrggbb\"");
    }
    if (each.value < 0) each.value = static_cast<std::int64_t>(i);
    if (!values.insert(each.value).second) {
      throw ConfigError("two classes have the mask value " + std::to_string(each.value));
    }
  }
  if (classes.size() > 255) throw ConfigError("more than 255 classes: targets are 8-bit, and 255 is ignore");
}

std::vector<std::string> class_names(const std::vector<ClassInfo>& classes) {
  std::vector<std::string> names;
  for (const ClassInfo& each : classes) names.push_back(each.name);
  return names;
}

}  // namespace nadir
