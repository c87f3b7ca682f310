#include "train/optimizers/multi_tensor.h"

#include <ATen/ATen.h>

#include <map>
#include <tuple>

#include "core/text.h"

namespace nadir {
namespace {

constexpr const char* kSteps = "steps";

bool takes_step(const torch::Tensor& parameter) {
  return parameter.requires_grad() && parameter.grad().defined();
}

std::string shape_of(const torch::Tensor& tensor) {
  std::string text;
  for (const std::int64_t size : tensor.sizes()) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text.empty() ? "one number" : text;
}

void refuse_group_without_parameters(const ParameterGroup& group, const NamedTensors& parameters) {
  std::vector<std::string> parts;
  for (const auto& [name, parameter] : parameters) {
    if (name.starts_with(group.prefix)) return;
    const std::string part = name.substr(0, name.find('.'));
    if (parts.empty() || parts.back() != part) parts.push_back(part);
  }
  throw ConfigError("optimizer.groups: no parameter's name begins with '" + group.prefix +
                    "'; they begin with " + join_words(parts));
}

}  // namespace

MultiTensorOptimizer::MultiTensorOptimizer(const NamedTensors& parameters, const OptimizerConfig& config,
                                           std::vector<std::string> slots)
    : Optimizer(parameters), config_(config), slots_(std::move(slots)), states_(parameters.size()) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].first;
    const torch::Tensor& parameter = parameters_[i].second;
    const bool decays = config_.decay_norms || parameter.dim() > 1;
    states_[i].weight_decay = decays ? config_.weight_decay : 0;
    const auto group =
        std::find_if(config_.groups.begin(), config_.groups.end(),
                     [&](const ParameterGroup& each) { return name.starts_with(each.prefix); });
    if (group == config_.groups.end()) continue;
    states_[i].lr_factor = group->lr_factor;
    states_[i].weight_decay = decays && group->decay ? group->weight_decay.value_or(config_.weight_decay) : 0;
  }
  for (const ParameterGroup& group : config_.groups) refuse_group_without_parameters(group, parameters_);
}

std::vector<MultiTensorOptimizer::Batch> MultiTensorOptimizer::collect(double lr) {
  std::map<std::tuple<std::int64_t, double, double>, Batch> batches;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const torch::Tensor& parameter = parameters_[i].second;
    ParameterState& state = states_[i];
    if (!takes_step(parameter)) continue;
    while (state.slots.size() < slots_.size()) state.slots.push_back(at::zeros_like(parameter));
    ++state.steps;
    Batch& batch = batches[{state.steps, state.lr_factor, state.weight_decay}];
    batch.slots.resize(slots_.size());
    batch.step = state.steps;
    batch.lr = lr * state.lr_factor;
    batch.weight_decay = state.weight_decay;
    batch.parameters.push_back(parameter);
    batch.gradients.push_back(parameter.grad());
    for (std::size_t s = 0; s < slots_.size(); ++s) batch.slots[s].push_back(state.slots[s]);
  }
  std::vector<Batch> result;
  for (auto& [key, batch] : batches) result.push_back(std::move(batch));
  return result;
}

void MultiTensorOptimizer::step(double lr) {
  const torch::NoGradGuard no_grad;
  for (Batch& batch : collect(lr)) update(batch);
}

void MultiTensorOptimizer::add_decay_to_gradients(Batch& batch) {
  if (batch.weight_decay == 0) return;
  batch.gradients = at::_foreach_add(batch.gradients, batch.parameters, batch.weight_decay);
}

void MultiTensorOptimizer::decay_parameters(Batch& batch) {
  if (batch.weight_decay == 0) return;
  at::_foreach_mul_(batch.parameters, 1 - batch.lr * batch.weight_decay);
}

NamedTensors MultiTensorOptimizer::state() const {
  NamedTensors result;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].steps == 0) continue;
    const std::string& name = parameters_[i].first;
    result.emplace_back(std::string(kSteps) + "/" + name, at::scalar_tensor(states_[i].steps, at::kLong));
    for (std::size_t s = 0; s < slots_.size(); ++s) {
      result.emplace_back(slots_[s] + "/" + name, states_[i].slots[s].clone());
    }
  }
  return result;
}

std::size_t MultiTensorOptimizer::index_of(const std::string& parameter, const std::string& entry) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (parameters_[i].first == parameter) return i;
  }
  throw ModelError("optimizer state: '" + entry +
                   "' is of no parameter of this model; was it saved by another?");
}

void MultiTensorOptimizer::load_state(const NamedTensors& state) {
  const torch::NoGradGuard no_grad;
  std::vector<ParameterState> loaded = states_;
  for (ParameterState& each : loaded) {
    each.steps = 0;
    each.slots.assign(slots_.size(), torch::Tensor());
  }
  for (const auto& [entry, tensor] : state) {
    const std::string kind = entry.substr(0, entry.find('/'));
    const std::size_t index = index_of(entry.substr(std::min(kind.size() + 1, entry.size())), entry);
    if (kind == kSteps) {
      loaded[index].steps = tensor.item<std::int64_t>();
      continue;
    }
    const auto slot = std::find(slots_.begin(), slots_.end(), kind);
    if (slot == slots_.end()) {
      throw ModelError("optimizer state: '" + entry +
                       "' is nothing that this optimizer keeps; was it saved by another?");
    }
    const torch::Tensor& parameter = parameters_[index].second;
    if (tensor.sizes() != parameter.sizes()) {
      throw ModelError("optimizer state: '" + entry + "' is " + shape_of(tensor) + ", the parameter " +
                       shape_of(parameter));
    }
    // In the parameter's own memory format, so that the next step does the same arithmetic in the same order.
    loaded[index].slots[static_cast<std::size_t>(slot - slots_.begin())] =
        at::empty_like(parameter).copy_(tensor);
  }
  for (std::size_t i = 0; i < loaded.size(); ++i) {
    for (std::size_t s = 0; s < slots_.size(); ++s) {
      if (loaded[i].slots[s].defined() == (loaded[i].steps > 0)) continue;
      throw ModelError("optimizer state: '" + slots_[s] + "/" + parameters_[i].first +
                       "' and its steps do not go together; the state is cut short");
    }
    if (loaded[i].steps == 0) loaded[i].slots.clear();
  }
  states_ = std::move(loaded);
}

}  // namespace nadir
