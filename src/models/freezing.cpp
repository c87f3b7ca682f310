#include "models/freezing.h"

#include "models/segmentation/graph_model.h"

namespace nadir {
namespace {

std::vector<std::string> modules_with_parameters(const Model& model, const std::string& part) {
  std::vector<std::string> found;
  std::string parts;
  for (const auto& each : model.named_modules()) {
    const std::string& name = each.key();
    if (!name.empty() && name.find('.') == std::string::npos) parts += (parts.empty() ? "" : ", ") + name;
    const bool inside = part.empty() || name == part || name.starts_with(part + ".");
    if (inside && !name.empty() && !each.value()->parameters(/*recurse=*/false).empty())
      found.push_back(name);
  }
  if (found.empty()) throw ModelError("the network has no part '" + part + "'; its parts are " + parts);
  return found;
}

}  // namespace

std::vector<std::string> layers_of(const Model& model, const std::string& part) {
  if (const auto* graph = dynamic_cast<const GraphModel*>(&model)) {
    std::vector<std::string> names = graph->keras_layers(part);
    if (!names.empty()) return names;
  }
  return modules_with_parameters(model, part);
}

void set_trainable_from(Model& model, const std::string& part, std::int64_t first) {
  const std::vector<std::string> layers = layers_of(model, part);
  const auto count = static_cast<std::int64_t>(layers.size());
  if (first < 0 || first >= count) {
    throw ModelError("'" + part + "' has " + std::to_string(count) +
                     " layers, counted from 0; there is no layer " + std::to_string(first));
  }
  set_trainable(model, part, false);
  for (std::int64_t i = first; i < count; ++i) {
    const std::string& name = layers[static_cast<std::size_t>(i)];
    if (!name.empty()) set_trainable(model, name, true);
  }
}

}  // namespace nadir
