#include "weights/keras_layer.h"

#include <algorithm>
#include <map>
#include <regex>
#include <vector>

namespace nadir {
namespace {

using Names = std::vector<std::string>;

Names batch_norm_names(const KerasKind& kind, std::size_t count) {
  Names names = {"moving_mean", "moving_variance"};
  const bool shift = kind.center && count > 2, scale = kind.scale && (count > 3 || !shift) && count > 2;
  if (shift) names.insert(names.begin(), "beta");
  if (scale) names.insert(names.begin(), "gamma");
  return names;
}

// In the order in which Keras keeps them.
Names variable_names(const KerasKind& kind, std::size_t count) {
  if (kind.name == "batch_normalization" || kind.name == "sync_batch_normalization") {
    return batch_norm_names(kind, count);
  }
  static const std::map<std::string, Names> others = {
      {"layer_normalization", {"gamma", "beta"}},
      {"group_normalization", {"gamma", "beta"}},
      {"embedding", {"embeddings"}},
      {"normalization", {"mean", "variance", "count"}},
      {"p_re_lu", {"alpha"}},
      {"separable_conv2d", {"depthwise_kernel", "pointwise_kernel", "bias"}}};
  const auto found = others.find(kind.name);
  return found == others.end() ? Names{"kernel", "bias"} : found->second;
}

}  // namespace

KerasWeight keras_weight(const KerasKind& kind, const std::string& variable) {
  const bool depthwise = kind.name == "depthwise_conv2d" || kind.name == "depthwise_conv1d";
  const bool separable = kind.name == "separable_conv2d";
  if (variable == "kernel") return {"weight", depthwise ? KerasLayout::kDepthwise : KerasLayout::kKernel};
  if (variable == "depthwise_kernel")
    return {separable ? "depthwise.weight" : "weight", KerasLayout::kDepthwise};
  if (variable == "pointwise_kernel") return {"pointwise.weight", KerasLayout::kKernel};
  if (variable == "bias") return {separable ? "pointwise.bias" : "bias"};
  if (variable == "alpha") return {"weight", KerasLayout::kFlat};
  static const std::map<std::string, std::string> names = {{"gamma", "weight"},
                                                           {"beta", "bias"},
                                                           {"moving_mean", "running_mean"},
                                                           {"moving_variance", "running_var"},
                                                           {"mean", "running_mean"},
                                                           {"variance", "running_var"},
                                                           {"embeddings", "weight"}};
  const auto found = names.find(variable);
  return {found == names.end() ? variable : found->second};
}

KerasWeight keras_weight(const KerasKind& kind, std::size_t place, std::size_t count) {
  const Names names = variable_names(kind, count);
  return place < names.size() ? keras_weight(kind, names[place]) : KerasWeight{std::to_string(place)};
}

torch::Tensor to_torch_layout(const torch::Tensor& tensor, KerasLayout layout) {
  const std::int64_t rank = tensor.dim();
  if (layout == KerasLayout::kFlat) return tensor.flatten();
  if (layout == KerasLayout::kDepthwise && rank == 4) {
    return tensor.permute({2, 3, 0, 1}).flatten(0, 1).unsqueeze(1);
  }
  if (layout != KerasLayout::kKernel || rank < 2) return tensor;
  std::vector<std::int64_t> order = {rank - 1, rank - 2};
  for (std::int64_t i = 0; i < rank - 2; ++i) order.push_back(i);
  return tensor.permute(order);
}

std::string keras_snake_case(const std::string& class_name) {
  static const std::regex words("(.)([A-Z][a-z]+)"), ends("([a-z])([A-Z])"), other("\\W+");
  constexpr std::size_t kLongest = 256;
  std::string name = std::regex_replace(class_name.substr(0, kLongest), other, "");
  name = std::regex_replace(std::regex_replace(name, words, "$1_$2"), ends, "$1_$2");
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char each) { return static_cast<char>(std::tolower(each)); });
  return name;
}

std::string keras_kind_of_group(const std::string& group) {
  const std::size_t line = group.rfind('_');
  const bool counted = line != std::string::npos && line + 1 < group.size() &&
                       group.find_first_not_of("0123456789", line + 1) == std::string::npos;
  return counted ? group.substr(0, line) : group;
}

}  // namespace nadir
