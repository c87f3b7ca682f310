// Reading and writing settings: YAML in, plain config structs out, and back again with every default spelled
// out.
//
// A config struct lists its fields once, and that list serves reading, checking, writing and documentation:
//
//   struct AdamWConfig {
//     double lr = 1e-3;            // learning rate, above 0
//     double weight_decay = 0.01;  // decoupled, per step, at least 0
//     void fields(FieldVisitor& visit) {
//       visit.field("lr", lr, above(0));
//       visit.field("weight_decay", weight_decay, at_least(0));
//     }
//     void validate() const;       // optional: rules that join several fields; throws ConfigError
//   };
//
//   auto config = read_config<AdamWConfig>(read_yaml("adamw.yaml"));
//
// Unknown keys, wrong types and values out of range are ConfigErrors with file, line and the nearest known
// key.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nadir/error.h"

namespace nadir {

// A tree of settings that remembers where each value came from. A value type: copying copies the tree.
class ConfigNode {
 public:
  enum class Kind { kNull, kScalar, kList, kMap };
  using Entry = std::pair<std::string, ConfigNode>;

  ConfigNode() = default;  // null
  static ConfigNode scalar(std::string text, bool quoted = false);
  static ConfigNode list(std::vector<ConfigNode> items = {});
  static ConfigNode map(std::vector<Entry> entries = {});

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::kNull; }
  bool is_scalar() const { return kind_ == Kind::kScalar; }
  bool is_list() const { return kind_ == Kind::kList; }
  bool is_map() const { return kind_ == Kind::kMap; }

  const std::string& text() const { return text_; }                // of a scalar
  bool quoted() const { return quoted_; }                          // a scalar that must stay a string
  const std::vector<ConfigNode>& items() const { return items_; }  // of a list
  const std::vector<Entry>& entries() const { return entries_; }   // of a map, in file order
  std::vector<Entry>& entries() { return entries_; }
  std::vector<ConfigNode>& items() { return items_; }

  // The value under `key` of a map, or nullptr.
  const ConfigNode* find(std::string_view key) const;
  // Sets `key` of a map (a null becomes a map first), replacing a value that is there.
  ConfigNode& set(std::string key, ConfigNode value);

  // "water.yaml:12", "command line", or "" when unknown.
  const std::string& origin() const { return origin_; }
  void set_origin(std::string origin) { origin_ = std::move(origin); }
  // "water.yaml:12: " or "": what an error message about this value begins with.
  std::string where() const { return origin_.empty() ? origin_ : origin_ + ": "; }

 private:
  Kind kind_ = Kind::kNull;
  std::string text_;
  bool quoted_ = false;
  std::vector<ConfigNode> items_;
  std::vector<Entry> entries_;
  std::string origin_;
};

// Reads a YAML file. Throws ConfigError with file and line for a file that is missing or not YAML, for a
// repeated key, and for YAML that nadir's settings have no use for (anchors are followed, tags are refused).
ConfigNode read_yaml(const std::filesystem::path& file);
// Parses YAML text; `name` stands for the file in messages.
ConfigNode parse_yaml(const std::string& text, const std::string& name);
// Block-style YAML that read_yaml reads back to an equal tree.
std::string to_yaml(const ConfigNode& node);

// Applies one override of the command line, "train.epochs=20" or "loss.dice=0.5"; the value is YAML.
// List items are addressed by index: "classes.1.name=sea". Throws ConfigError for a malformed one.
void apply_override(ConfigNode& root, std::string_view assignment);

// The candidate with the fewest edits to `word`, or "" when none is near. For "did you mean" hints.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// Allowed values of a number; both ends belong to it unless said to be open.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;
};
constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range above(double low) { return {.low = low, .low_open = true}; }
constexpr Range between(double low, double high) { return {.low = low, .high = high}; }
constexpr Range above_up_to(double low, double high) { return {.low = low, .high = high, .low_open = true}; }
constexpr Range from_below(double low, double high) { return {.low = low, .high = high, .high_open = true}; }

// One pluggable part as YAML names it: `unet`, or `{unet: {start: 32}}`.
struct Component {
  std::string name;    // "" when not set
  ConfigNode options;  // resolved: every option of the part, defaults spelled out
  bool operator==(const Component& other) const;
};

// What the config reader needs to know of a registry: which names exist, and how to spell out their options.
class ComponentCatalog {
 public:
  virtual ~ComponentCatalog() = default;
  virtual const std::string& kind() const = 0;  // "model", "loss": for messages
  virtual std::vector<std::string> names() const = 0;
  // Checks `options` and returns them with every default spelled out. Throws ConfigError.
  virtual ConfigNode resolve(const std::string& name, const ConfigNode& options) const = 0;
};

// Visits the fields of a config struct; one implementation reads them from a ConfigNode, one writes them to
// one.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  using Choices = std::initializer_list<std::string_view>;

  virtual void field(std::string_view name, bool& value) = 0;
  virtual void field(std::string_view name, std::int64_t& value, Range range = {}) = 0;
  virtual void field(std::string_view name, double& value, Range range = {}) = 0;
  virtual void field(std::string_view name, std::string& value) = 0;
  virtual void field(std::string_view name, std::string& value, Choices choices) = 0;
  virtual void field(std::string_view name, std::optional<std::int64_t>& value, Range range = {}) = 0;
  virtual void field(std::string_view name, std::optional<double>& value, Range range = {}) = 0;
  // A single value stands for a list of one.
  virtual void field(std::string_view name, std::vector<std::int64_t>& value, Range range = {}) = 0;
  virtual void field(std::string_view name, std::vector<double>& value, Range range = {}) = 0;
  virtual void field(std::string_view name, std::vector<std::string>& value) = 0;

  // Files, folders or patterns of them. Relative ones are made absolute when read, so that a recipe that was
  // stored with all its settings works from any folder; GDAL's virtual ones (/vsizip/…) stay as they are.
  virtual void path(std::string_view name, std::string& value) = 0;
  virtual void paths(std::string_view name, std::vector<std::string>& value) = 0;

  // A part of a registry: `name: unet` or `name: {unet: {...}}`; null or absent leaves it unset.
  virtual void component(std::string_view name, Component& value, const ComponentCatalog& catalog) = 0;
  // Several in order: `name: [flip, {rotate: {degrees: 30}}]`, or a map `name: {cross_entropy: 1, dice:
  // {...}}`. In a map, a scalar is the option named `shorthand` ("weight").
  virtual void components(std::string_view name, std::vector<Component>& value,
                          const ComponentCatalog& catalog, std::string_view shorthand = "") = 0;

  // A nested struct, a list of structs, a map from a name to a struct.
  template <class T>
  requires requires(T& t, FieldVisitor& v) { t.fields(v); }
  void field(std::string_view name, T& value) {
    group(name, [&](FieldVisitor& inside) { value.fields(inside); });
  }
  template <class T>
  requires requires(T& t, FieldVisitor& v) { t.fields(v); }
  void field(std::string_view name, std::vector<T>& value) {
    list(
        name, value.size(), [&](std::size_t size) { value.resize(size); },
        [&](std::size_t i, FieldVisitor& inside) { value[i].fields(inside); });
  }
  // Named intervals: `class_ratio: {water: [0.3, 0.7]}`; both ends within `range`, low <= high.
  virtual void intervals(std::string_view name,
                         std::vector<std::pair<std::string, std::pair<double, double>>>& value,
                         Range range) = 0;

  using Visit = std::function<void(FieldVisitor&)>;
  using Resize = std::function<void(std::size_t)>;
  using VisitItem = std::function<void(std::size_t, FieldVisitor&)>;

 protected:
  virtual void group(std::string_view name, const Visit& visit) = 0;
  virtual void list(std::string_view name, std::size_t size, const Resize& resize,
                    const VisitItem& visit) = 0;
};

// Reads `node` (a map, or null for all defaults) into the struct that `visit` visits; `what` names it in
// messages.
void read_fields(const ConfigNode& node, const std::string& what, const FieldVisitor::Visit& visit);
// The map of all fields, in the order of visiting.
ConfigNode write_fields(const FieldVisitor::Visit& visit);

template <class T>
concept Config = requires(T& t, FieldVisitor& v) {
  t.fields(v);
};

// Throws ConfigError. `what` names the struct in messages ("recipe", "model unet").
template <Config T>
T read_config(const ConfigNode& node, const std::string& what = "settings") {
  T value;
  read_fields(node, what, [&](FieldVisitor& visit) { value.fields(visit); });
  if constexpr (requires { value.validate(); }) {
    try {
      value.validate();
    } catch (const ConfigError& error) {
      throw ConfigError(node.where() + what + ": " + error.what());
    }
  }
  return value;
}

template <Config T>
ConfigNode write_config(T value) {
  return write_fields([&](FieldVisitor& visit) { value.fields(visit); });
}

// The parts of one kind, by name: `Registry<std::shared_ptr<Model>, ModelShape>` makes models. Each kind has
// one, listed in its folder's registry.cpp, and that list is all there is to registering a part.
template <class Product, class... Args>
class Registry final : public ComponentCatalog {
 public:
  struct Item {
    std::string name;
    std::string summary;  // one line for listings
    std::function<ConfigNode(const ConfigNode&)> resolve;
    std::function<Product(const ConfigNode&, Args...)> make;
  };

  Registry(std::string kind, std::vector<Item> items) : kind_(std::move(kind)), items_(std::move(items)) {}

  // An item made by a plain function of its config struct.
  template <Config C>
  static Item item(std::string name, std::string summary, Product (*make)(const C&, Args...)) {
    const std::string what = name;
    return {std::move(name), std::move(summary),
            [what](const ConfigNode& node) { return write_config(read_config<C>(node, what)); },
            [what, make](const ConfigNode& node, Args... args) {
              return make(read_config<C>(node, what), std::forward<Args>(args)...);
            }};
  }

  const std::string& kind() const override { return kind_; }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const Item& each : items_) result.push_back(each.name);
    return result;
  }
  const std::vector<Item>& items() const { return items_; }
  ConfigNode resolve(const std::string& name, const ConfigNode& options) const override {
    return find(name, options).resolve(options);
  }
  // Throws ConfigError for an unknown name (with the nearest and the list of known ones) or bad options.
  Product make(const std::string& name, const ConfigNode& options, Args... args) const {
    return find(name, options).make(options, std::forward<Args>(args)...);
  }
  Product make(const Component& component, Args... args) const {
    return make(component.name, component.options, std::forward<Args>(args)...);
  }

 private:
  const Item& find(const std::string& name, const ConfigNode& options) const;

  std::string kind_;
  std::vector<Item> items_;
};

// Throws the ConfigError for `name`, which is not among `known`.
[[noreturn]] void throw_unknown_name(const std::string& kind, const std::string& name,
                                     const std::vector<std::string>& known, const ConfigNode& where);

template <class Product, class... Args>
auto Registry<Product, Args...>::find(const std::string& name, const ConfigNode& options) const
    -> const Item& {
  for (const Item& each : items_) {
    if (each.name == name) return each;
  }
  throw_unknown_name(kind_, name, names(), options);
}

}  // namespace nadir
