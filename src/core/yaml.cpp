#include <yaml-cpp/yaml.h>

#include <fstream>
#include <iterator>
#include <set>

#include "nadir/config.h"

namespace nadir {
namespace {

std::string place(const std::string& name, const YAML::Mark& mark) {
  return mark.is_null() ? name : name + ":" + std::to_string(mark.line + 1);
}

ConfigNode convert(const YAML::Node& node, const std::string& name) {
  const std::string origin = place(name, node.Mark());
  const std::string& tag = node.Tag();
  if (!tag.empty() && tag != "?" && tag != "!") {
    throw ConfigError(origin + ": the YAML tag '" + tag + "' has no meaning here; remove it");
  }
  ConfigNode result;
  if (node.IsScalar()) {
    result = ConfigNode::scalar(node.Scalar(), tag == "!");
  } else if (node.IsSequence()) {
    std::vector<ConfigNode> items;
    for (const YAML::Node& item : node) items.push_back(convert(item, name));
    result = ConfigNode::list(std::move(items));
  } else if (node.IsMap()) {
    std::vector<ConfigNode::Entry> entries;
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) throw ConfigError(origin + ": a key must be a word");
      if (!seen.insert(entry.first.Scalar()).second) {
        throw ConfigError(place(name, entry.first.Mark()) + ": '" + entry.first.Scalar() +
                          "' is given twice");
      }
      entries.emplace_back(entry.first.Scalar(), convert(entry.second, name));
      // A null has no mark of its own that helps; its key has.
      entries.back().second.set_origin(place(name, entry.first.Mark()));
    }
    result = ConfigNode::map(std::move(entries));
  }
  result.set_origin(origin);
  return result;
}

void emit(YAML::Emitter& out, const ConfigNode& node) {
  switch (node.kind()) {
    case ConfigNode::Kind::kNull:
      out << YAML::Null;
      break;
    case ConfigNode::Kind::kScalar:
      if (node.quoted()) out << YAML::DoubleQuoted;
      out << node.text();
      break;
    case ConfigNode::Kind::kList: {
      bool plain = true;
      for (const ConfigNode& item : node.items()) plain = plain && item.is_scalar();
      if (plain) out << YAML::Flow;
      out << YAML::BeginSeq;
      for (const ConfigNode& item : node.items()) emit(out, item);
      out << YAML::EndSeq;
      break;
    }
    case ConfigNode::Kind::kMap:
      if (node.entries().empty()) out << YAML::Flow;
      out << YAML::BeginMap;
      for (const auto& [key, value] : node.entries()) {
        out << YAML::Key << key << YAML::Value;
        emit(out, value);
      }
      out << YAML::EndMap;
      break;
  }
}

}  // namespace

ConfigNode parse_yaml(const std::string& text, const std::string& name) {
  try {
    return convert(YAML::Load(text), name);
  } catch (const YAML::Exception& error) {
    throw ConfigError(place(name, error.mark) + ": not YAML: " + error.msg);
  }
}

ConfigNode read_yaml(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file)) {
    throw ConfigError(file.string() +
                      (std::filesystem::exists(file) ? ": cannot be read" : ": there is no such file"));
  }
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return parse_yaml(text, file.string());
}

std::string to_yaml(const ConfigNode& node) {
  YAML::Emitter out;
  emit(out, node);
  return std::string(out.c_str()) + "\n";
}

}  // namespace nadir
