#include "weights/efficientnet_names.h"

#include <regex>

namespace nadir {
namespace {

// Prefix, number of the block, the rest.
const std::regex& block_pattern() {
  static const std::regex pattern("(.*?)_blocks\\.([0-9]{1,4})\\.(_[a-z0-9_]+)(\\..*)");
  return pattern;
}

// Prefix, layer outside the blocks, the rest.
const std::regex& layer_pattern() {
  static const std::regex pattern("(.*?\\.|)(_conv_stem|_bn0|_conv_head|_bn1|_fc)(\\..*)");
  return pattern;
}

const std::map<std::string, std::string>& outer_layers() {
  static const std::map<std::string, std::string> names = {{"_conv_stem", "conv_stem"},
                                                           {"_bn0", "bn1"},
                                                           {"_conv_head", "conv_head"},
                                                           {"_bn1", "bn2"},
                                                           {"_fc", "classifier"}};
  return names;
}

}  // namespace

EfficientnetNames::EfficientnetNames(const WeightGroup& group) {
  std::map<int, std::int64_t> channels;  // of each block's result
  for (const WeightEntry& each : group.entries) {
    std::smatch part;
    if (each.name.find("_blocks.") == std::string::npos) continue;
    if (!std::regex_match(each.name, part, block_pattern())) continue;
    if (part[3] == "_se_reduce") {
      blocks_.clear();
      return;
    }
    Block& block = blocks_[part[2]];
    if (part[3] == "_expand_conv") block.expands = true;
    if (part[3] == "_project_conv" && !each.shape.empty()) channels[std::stoi(part[2])] = each.shape[0];
  }
  int stage = -1, number = 0;
  std::int64_t before = 0;
  for (const auto& [index, count] : channels) {
    number = count == before ? number + 1 : 0;
    if (number == 0) ++stage;
    before = count;
    blocks_[std::to_string(index)].place = std::to_string(stage) + "." + std::to_string(number);
  }
}

std::string EfficientnetNames::timm_name(const std::string& name) const {
  if (blocks_.empty()) return name;
  std::smatch part;
  if (std::regex_match(name, part, block_pattern())) {
    const std::string layer = layer_name(part[2], part[3]);
    return layer.empty() ? name : part[1].str() + "blocks." + layer + part[4].str();
  }
  if (std::regex_match(name, part, layer_pattern()))
    return part[1].str() + outer_layers().at(part[2]) + part[3].str();
  return name;
}

// "1.0.conv_pw"; "" where there is none.
std::string EfficientnetNames::layer_name(const std::string& block, const std::string& layer) const {
  const auto found = blocks_.find(block);
  if (found == blocks_.end() || found->second.place.empty()) return "";
  static const std::map<std::string, std::string> plain = {
      {"_depthwise_conv", "conv_dw"}, {"_bn1", "bn1"}, {"_project_conv", "conv_pw"}, {"_bn2", "bn2"}};
  static const std::map<std::string, std::string> expanding = {
      {"_expand_conv", "conv_pw"},   {"_bn0", "bn1"}, {"_depthwise_conv", "conv_dw"}, {"_bn1", "bn2"},
      {"_project_conv", "conv_pwl"}, {"_bn2", "bn3"}};
  const auto& names = found->second.expands ? expanding : plain;
  const auto known = names.find(layer);
  return known == names.end() ? "" : found->second.place + "." + known->second;
}

}  // namespace nadir
