#include "nadir/model.h"

namespace nadir {
namespace {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

void collect_state(const torch::nn::Module& module, const std::string& prefix, NamedTensors& found) {
  for (const auto& each : module.named_parameters(/*recurse=*/false)) {
    found.emplace_back(prefix + each.key(), each.value());
  }
  for (const auto& each : module.named_buffers(/*recurse=*/false)) {
    found.emplace_back(prefix + each.key(), each.value());
  }
  for (const auto& child : module.named_children()) {
    collect_state(*child.value(), prefix + child.key() + ".", found);
  }
}

// What Keras counts as weights though no gradient reaches it.
bool is_keras_statistic(const std::string& name) {
  return name.ends_with("running_mean") || name.ends_with("running_var") ||
         name.ends_with("normalization.count");
}

bool is_batch_norm(const torch::nn::Module& module) {
  return module.named_buffers(/*recurse=*/false).contains("running_mean");
}

bool is_frozen(const torch::nn::Module& module) {
  const std::vector<torch::Tensor> parameters = module.parameters(/*recurse=*/false);
  return !parameters.empty() && std::none_of(parameters.begin(), parameters.end(),
                                             [](const torch::Tensor& each) { return each.requires_grad(); });
}

}  // namespace

void Model::train(bool on) {
  torch::nn::Module::train(on);
  if (!on) return;
  for (const auto& each : modules(/*include_self=*/false)) {
    if (is_batch_norm(*each) && is_frozen(*each)) each->eval();
  }
}

NamedTensors named_state(const torch::nn::Module& module) {
  NamedTensors found;
  collect_state(module, "", found);
  return found;
}

ParameterCount count_parameters(const torch::nn::Module& module) {
  ParameterCount count;
  for (const torch::Tensor& each : module.parameters()) {
    count.total += each.numel();
    if (each.requires_grad()) count.trainable += each.numel();
  }
  count.keras = count.total;
  for (const auto& each : module.named_buffers()) {
    if (is_keras_statistic(each.key())) count.keras += each.value().numel();
  }
  return count;
}

void set_trainable(torch::nn::Module& module, const std::string& part, bool trainable) {
  bool found = false;
  for (auto& each : module.named_parameters()) {
    if (!part.empty() && each.key() != part && !each.key().starts_with(part + ".")) continue;
    each.value().set_requires_grad(trainable);
    found = true;
  }
  if (found) return;
  std::string parts;
  for (const auto& child : module.named_children()) parts += (parts.empty() ? "" : ", ") + child.key();
  throw ModelError("the network has no part '" + part + "'; its parts are " + parts);
}

}  // namespace nadir
