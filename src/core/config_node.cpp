#include <algorithm>

#include "core/parse_number.h"
#include "nadir/config.h"

namespace nadir {

ConfigNode ConfigNode::scalar(std::string text, bool quoted) {
  ConfigNode node;
  node.kind_ = Kind::kScalar;
  node.text_ = std::move(text);
  node.quoted_ = quoted;
  return node;
}

ConfigNode ConfigNode::list(std::vector<ConfigNode> items) {
  ConfigNode node;
  node.kind_ = Kind::kList;
  node.items_ = std::move(items);
  return node;
}

ConfigNode ConfigNode::map(std::vector<Entry> entries) {
  ConfigNode node;
  node.kind_ = Kind::kMap;
  node.entries_ = std::move(entries);
  return node;
}

const ConfigNode* ConfigNode::find(std::string_view key) const {
  for (const auto& [name, value] : entries_) {
    if (name == key) return &value;
  }
  return nullptr;
}

ConfigNode& ConfigNode::set(std::string key, ConfigNode value) {
  if (is_null()) kind_ = Kind::kMap;
  if (!is_map()) throw std::logic_error("ConfigNode::set on something that is no map");
  for (auto& [name, old] : entries_) {
    if (name == key) return old = std::move(value);
  }
  entries_.emplace_back(std::move(key), std::move(value));
  return entries_.back().second;
}

bool Component::operator==(const Component& other) const {
  return name == other.name && to_yaml(options) == to_yaml(other.options);
}

void throw_unknown_name(const std::string& kind, const std::string& name,
                        const std::vector<std::string>& known, const ConfigNode& where) {
  std::string message = where.where() + kind + " '" + name + "' is unknown";
  if (const std::string hint = nearest(name, known); !hint.empty())
    message += "; did you mean '" + hint + "'?";
  message += " Known: ";
  for (std::size_t i = 0; i < known.size(); ++i) message += (i > 0 ? ", " : "") + known[i];
  throw ConfigError(message);
}

namespace {

bool is_number(const ConfigNode& node) { return !node.quoted() && parse_number<double>(node.text()); }

// The long form of a part: `model: unet` is `model: {unet: }`, `dice: 1` is `dice: {weight: 1}`.
ConfigNode long_form(const ConfigNode& node) {
  ConfigNode expanded = ConfigNode::map();
  if (is_number(node)) {
    expanded.set("weight", node);
  } else {
    expanded.set(node.text(), ConfigNode());
  }
  expanded.set_origin(node.origin());
  return expanded;
}

// The place that "train.epochs" names, made on the way where it is missing.
ConfigNode& descend(ConfigNode& node, std::string_view key, std::string_view assignment) {
  if (node.is_list()) {
    const auto index = parse_number<std::size_t>(key);
    if (!index || *index >= node.items().size()) {
      throw ConfigError("override '" + std::string(assignment) + "': '" + std::string(key) +
                        "' is no index below " + std::to_string(node.items().size()) + " of that list");
    }
    return node.items()[*index];
  }
  if (node.is_scalar()) node = long_form(node);  // `model: unet` with `model.unet.start=16`
  for (auto& [name, value] : node.entries()) {
    if (name == key) return value;
  }
  return node.set(std::string(key), ConfigNode());
}

// How much of `path` is the next key: up to the first dot, or a key of `node` that has dots itself
// (study002.dice).
std::size_t key_length(const ConfigNode& node, std::string_view path) {
  std::size_t length = std::min(path.find('.'), path.size());
  const auto consider = [&](const std::string& name) {
    const bool begins = path.starts_with(name) && (path.size() == name.size() || path[name.size()] == '.');
    if (begins) length = std::max(length, name.size());
  };
  if (node.is_scalar()) consider(node.text());
  for (const auto& [name, value] : node.entries()) consider(name);
  return length;
}

}  // namespace

void apply_override(ConfigNode& root, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw ConfigError("override '" + std::string(assignment) + "' is not of the form key.path=value");
  }
  ConfigNode* node = &root;
  std::string_view path = assignment.substr(0, equals);
  while (!path.empty()) {
    const std::string_view key = path.substr(0, key_length(*node, path));
    if (key.empty() || key.size() + 1 == path.size()) {
      throw ConfigError("override '" + std::string(assignment) + "' has an empty key in its path");
    }
    node = &descend(*node, key, assignment);
    path = path.substr(std::min(key.size() + 1, path.size()));
  }
  *node = parse_yaml(std::string(assignment.substr(equals + 1)), "command line");
  node->set_origin("command line: " + std::string(assignment));
}

}  // namespace nadir
