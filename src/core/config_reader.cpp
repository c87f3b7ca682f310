#include <cmath>

#include "core/parse_number.h"
#include "core/text.h"
#include "nadir/config.h"

namespace nadir {
namespace {

std::string kind_of(const ConfigNode& node) {
  switch (node.kind()) {
    case ConfigNode::Kind::kNull:
      return "nothing";
    case ConfigNode::Kind::kScalar:
      return "'" + node.text() + "'";
    case ConfigNode::Kind::kList:
      return "a list";
    case ConfigNode::Kind::kMap:
      return "a map";
  }
  return "";
}

std::string describe(const Range& range) {
  const bool low = std::isfinite(range.low);
  const bool high = std::isfinite(range.high);
  std::string text;
  if (low) text += (range.low_open ? "above " : "at least ") + shortest(range.low);
  if (low && high) text += " and ";
  if (high) text += (range.high_open ? "below " : "at most ") + shortest(range.high);
  return text;
}

bool inside(double value, const Range& range) {
  return (range.low_open ? value > range.low : value >= range.low) &&
         (range.high_open ? value < range.high : value <= range.high);
}

// A number as people write it in YAML.
template <class Number>
bool read_number(std::string_view text, Number& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto number = parse_number<Number>(text);
  if (number) value = *number;
  return number.has_value();
}

std::string absolute_path(const std::string& path) {
  if (path.empty() || path.starts_with("/vsi")) return path;
  return std::filesystem::absolute(path).lexically_normal().string();
}

class Reader final : public FieldVisitor {
 public:
  Reader(const ConfigNode& node, std::string what) : node_(node), what_(std::move(what)) {
    if (!node.is_null() && !node.is_map()) {
      throw ConfigError(node.where() + what_ + ": expected a map of settings, found " + kind_of(node));
    }
  }

  void check_unknown() const {
    for (const auto& [key, value] : node_.entries()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      std::string message = value.where() + what_ + ": unknown setting '" + key + "'";
      if (const std::string hint = nearest(key, known_); !hint.empty())
        message += "; did you mean '" + hint + "'?";
      message += known_.empty() ? " It takes no settings" : " Known: " + join_words(known_);
      throw ConfigError(message);
    }
  }

  void field(std::string_view name, bool& value) override {
    const ConfigNode* node = take(name);
    if (!node) return;
    if (node->is_scalar() && !node->quoted()) {
      const std::string& text = node->text();
      if (text == "true" || text == "yes" || text == "on") return void(value = true);
      if (text == "false" || text == "no" || text == "off") return void(value = false);
    }
    wrong(*node, name, "true or false");
  }
  void field(std::string_view name, std::int64_t& value, Range range) override {
    if (const ConfigNode* node = take(name)) value = integer(*node, name, range);
  }
  void field(std::string_view name, double& value, Range range) override {
    if (const ConfigNode* node = take(name)) value = number(*node, name, range);
  }
  void field(std::string_view name, std::string& value) override {
    if (const ConfigNode* node = take(name)) value = text(*node, name);
  }
  void field(std::string_view name, std::string& value, Choices choices) override {
    const ConfigNode* node = take(name);
    if (!node) return;
    value = text(*node, name);
    const std::vector<std::string> known(choices.begin(), choices.end());
    if (std::find(known.begin(), known.end(), value) != known.end()) return;
    std::string message = "one of " + join_words(known);
    if (const std::string hint = nearest(value, known); !hint.empty())
      message += " (did you mean '" + hint + "'?)";
    wrong(*node, name, message);
  }
  void field(std::string_view name, std::optional<std::int64_t>& value, Range range) override {
    if (const ConfigNode* node = take(name)) value = integer(*node, name, range);
  }
  void field(std::string_view name, std::optional<double>& value, Range range) override {
    if (const ConfigNode* node = take(name)) value = number(*node, name, range);
  }
  void field(std::string_view name, std::vector<std::int64_t>& value, Range range) override {
    each(name, value, [&](const ConfigNode& node) { return integer(node, name, range); });
  }
  void field(std::string_view name, std::vector<double>& value, Range range) override {
    each(name, value, [&](const ConfigNode& node) { return number(node, name, range); });
  }
  void field(std::string_view name, std::vector<std::string>& value) override {
    each(name, value, [&](const ConfigNode& node) { return text(node, name); });
  }

  void path(std::string_view name, std::string& value) override {
    if (const ConfigNode* node = take(name)) value = absolute_path(text(*node, name));
  }
  void paths(std::string_view name, std::vector<std::string>& value) override {
    each(name, value, [&](const ConfigNode& node) { return absolute_path(text(node, name)); });
  }

  void component(std::string_view name, Component& value, const ComponentCatalog& catalog) override {
    if (const ConfigNode* node = take(name)) value = read_component(*node, name, catalog);
  }
  void components(std::string_view name, std::vector<Component>& value, const ComponentCatalog& catalog,
                  std::string_view shorthand) override {
    const ConfigNode* node = take(name);
    if (!node) return;
    value.clear();
    if (node->is_map()) {
      for (const auto& [key, options] : node->entries()) {
        value.push_back(resolve(key, expand(options, shorthand), *node, catalog));
      }
    } else if (node->is_list()) {
      for (const ConfigNode& item : node->items()) value.push_back(read_component(item, name, catalog));
    } else {
      value.push_back(read_component(*node, name, catalog));
    }
  }

  void intervals(std::string_view name, std::vector<std::pair<std::string, std::pair<double, double>>>& value,
                 Range range) override {
    const ConfigNode* node = take(name);
    if (!node) return;
    if (!node->is_map()) wrong(*node, name, "a map of names to [low, high]");
    value.clear();
    for (const auto& [key, ends] : node->entries()) {
      const std::string inner = std::string(name) + "." + key;
      if (!ends.is_list() || ends.items().size() != 2) wrong(ends, inner, "[low, high]");
      const double low = number(ends.items()[0], inner, range);
      const double high = number(ends.items()[1], inner, range);
      if (low > high) wrong(ends, inner, "[low, high] with low not above high");
      value.emplace_back(key, std::pair(low, high));
    }
  }

 protected:
  void group(std::string_view name, const Visit& visit) override {
    if (const ConfigNode* node = take(name)) read_fields(*node, what_ + "." + std::string(name), visit);
  }
  void list(std::string_view name, std::size_t, const Resize& resize, const VisitItem& visit) override {
    const ConfigNode* node = take(name);
    if (!node) return;
    if (!node->is_list()) wrong(*node, name, "a list");
    resize(node->items().size());
    for (std::size_t i = 0; i < node->items().size(); ++i) {
      read_fields(node->items()[i], what_ + "." + std::string(name) + "[" + std::to_string(i) + "]",
                  [&](FieldVisitor& inside_item) { visit(i, inside_item); });
    }
  }

 private:
  // The node of a field that is given and not null.
  const ConfigNode* take(std::string_view name) {
    known_.emplace_back(name);
    const ConfigNode* node = node_.find(name);
    return node && !node->is_null() && !is_null_word(*node) ? node : nullptr;
  }
  static bool is_null_word(const ConfigNode& node) {
    return node.is_scalar() && !node.quoted() && (node.text() == "~" || node.text() == "null");
  }

  [[noreturn]] void wrong(const ConfigNode& node, std::string_view name, const std::string& expected) const {
    throw ConfigError(node.where() + what_ + "." + std::string(name) + ": expected " + expected + ", found " +
                      kind_of(node));
  }
  std::int64_t integer(const ConfigNode& node, std::string_view name, const Range& range) const {
    std::int64_t value = 0;
    if (!node.is_scalar() || node.quoted() || !read_number(node.text(), value))
      wrong(node, name, "a whole number");
    if (!inside(static_cast<double>(value), range)) wrong(node, name, "a whole number " + describe(range));
    return value;
  }
  double number(const ConfigNode& node, std::string_view name, const Range& range) const {
    double value = 0;
    if (!node.is_scalar() || node.quoted() || !read_number(node.text(), value) || std::isnan(value)) {
      wrong(node, name, "a number");
    }
    if (!inside(value, range)) wrong(node, name, "a number " + describe(range));
    return value;
  }
  const std::string& text(const ConfigNode& node, std::string_view name) const {
    if (!node.is_scalar()) wrong(node, name, "a text");
    return node.text();
  }
  template <class T, class Convert>
  void each(std::string_view name, std::vector<T>& value, const Convert& convert) {
    const ConfigNode* node = take(name);
    if (!node) return;
    if (node->is_map()) wrong(*node, name, "a list");
    value.clear();
    if (node->is_list()) {
      for (const ConfigNode& item : node->items()) value.push_back(convert(item));
    } else {
      value.push_back(convert(*node));
    }
  }

  static ConfigNode expand(const ConfigNode& options, std::string_view shorthand) {
    if (shorthand.empty() || !options.is_scalar()) return options;
    ConfigNode map = ConfigNode::map({{std::string(shorthand), options}});
    map.set_origin(options.origin());
    return map;
  }
  static Component resolve(const std::string& key, const ConfigNode& options, const ConfigNode& around,
                           const ComponentCatalog& catalog) {
    ConfigNode located = options;
    if (located.origin().empty()) located.set_origin(around.origin());
    return {key, catalog.resolve(key, located)};
  }
  Component read_component(const ConfigNode& node, std::string_view name,
                           const ComponentCatalog& catalog) const {
    if (node.is_scalar()) {
      ConfigNode none;
      none.set_origin(node.origin());
      return resolve(node.text(), none, node, catalog);
    }
    if (!node.is_map() || node.entries().size() != 1) {
      wrong(node, name, "one " + catalog.kind() + ", as `name` or `{name: {settings}}`");
    }
    return resolve(node.entries()[0].first, node.entries()[0].second, node, catalog);
  }

  const ConfigNode& node_;
  std::string what_;
  std::vector<std::string> known_;
};

}  // namespace

void read_fields(const ConfigNode& node, const std::string& what, const FieldVisitor::Visit& visit) {
  Reader reader(node, what);
  visit(reader);
  reader.check_unknown();
}

}  // namespace nadir
