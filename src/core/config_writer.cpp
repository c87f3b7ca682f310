#include "core/text.h"
#include "nadir/config.h"

namespace nadir {
namespace {

// A text that YAML would read as something else must be quoted.
ConfigNode text_node(const std::string& text) {
  static const std::vector<std::string> kWords = {"true", "false", "yes", "no", "on", "off", "null", "~", ""};
  const bool reserved = std::find(kWords.begin(), kWords.end(), text) != kWords.end();
  return ConfigNode::scalar(text, reserved);
}

template <class T, class Convert>
ConfigNode list_node(const std::vector<T>& values, const Convert& convert) {
  std::vector<ConfigNode> items;
  for (const T& value : values) items.push_back(convert(value));
  return ConfigNode::list(std::move(items));
}

ConfigNode number_node(double value) { return ConfigNode::scalar(shortest(value)); }
ConfigNode integer_node(std::int64_t value) { return ConfigNode::scalar(std::to_string(value)); }

ConfigNode component_node(const Component& component) {
  if (component.name.empty()) return {};
  return ConfigNode::map({{component.name, component.options}});
}

class Writer final : public FieldVisitor {
 public:
  ConfigNode take() && { return std::move(node_); }

  void field(std::string_view name, bool& value) override {
    put(name, ConfigNode::scalar(value ? "true" : "false"));
  }
  void field(std::string_view name, std::int64_t& value, Range) override { put(name, integer_node(value)); }
  void field(std::string_view name, double& value, Range) override { put(name, number_node(value)); }
  void field(std::string_view name, std::string& value) override { put(name, text_node(value)); }
  void field(std::string_view name, std::string& value, Choices) override {
    put(name, ConfigNode::scalar(value));
  }
  void field(std::string_view name, std::optional<std::int64_t>& value, Range) override {
    put(name, value ? integer_node(*value) : ConfigNode());
  }
  void field(std::string_view name, std::optional<double>& value, Range) override {
    put(name, value ? number_node(*value) : ConfigNode());
  }
  void field(std::string_view name, std::vector<std::int64_t>& value, Range) override {
    put(name, list_node(value, integer_node));
  }
  void field(std::string_view name, std::vector<double>& value, Range) override {
    put(name, list_node(value, number_node));
  }
  void field(std::string_view name, std::vector<std::string>& value) override {
    put(name, list_node(value, text_node));
  }
  void path(std::string_view name, std::string& value) override { put(name, text_node(value)); }
  void paths(std::string_view name, std::vector<std::string>& value) override {
    put(name, list_node(value, text_node));
  }
  void component(std::string_view name, Component& value, const ComponentCatalog&) override {
    put(name, component_node(value));
  }
  void components(std::string_view name, std::vector<Component>& value, const ComponentCatalog&,
                  std::string_view) override {
    put(name, list_node(value, component_node));
  }
  void intervals(std::string_view name, std::vector<std::pair<std::string, std::pair<double, double>>>& value,
                 Range) override {
    ConfigNode map = ConfigNode::map();
    for (const auto& [key, ends] : value) {
      map.set(key, ConfigNode::list({number_node(ends.first), number_node(ends.second)}));
    }
    put(name, std::move(map));
  }

 protected:
  void group(std::string_view name, const Visit& visit) override { put(name, write_fields(visit)); }
  void list(std::string_view name, std::size_t size, const Resize&, const VisitItem& visit) override {
    std::vector<ConfigNode> items;
    for (std::size_t i = 0; i < size; ++i) {
      items.push_back(write_fields([&](FieldVisitor& inside) { visit(i, inside); }));
    }
    put(name, ConfigNode::list(std::move(items)));
  }

 private:
  void put(std::string_view name, ConfigNode value) { node_.set(std::string(name), std::move(value)); }

  ConfigNode node_ = ConfigNode::map();
};

}  // namespace

ConfigNode write_fields(const FieldVisitor::Visit& visit) {
  Writer writer;
  visit(writer);
  return std::move(writer).take();
}

}  // namespace nadir
