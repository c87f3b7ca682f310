#include "nadir/model_file.h"

#include <set>

#include "models/initial_weights.h"
#include "models/load_weights.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCardKey = "nadir.card";

ModelCard card_of(const fs::path& file, const std::map<std::string, std::string>& metadata) {
  const auto card = metadata.find(kCardKey);
  if (card == metadata.end()) {
    throw ModelError(file.string() + ": holds weights but no nadir model card; it cannot be run as it is");
  }
  try {
    return card_from_json(card->second);
  } catch (const ModelError& error) {
    throw ModelError(file.string() + ": " + error.what());
  }
}

}  // namespace

void check_state(const torch::nn::Module& module, const NamedTensors& tensors, const std::string& source) {
  const std::map<std::string, torch::Tensor> given(tensors.begin(), tensors.end());
  std::vector<std::string> missing, misshapen;
  const auto wanted = named_state(module);
  for (const auto& [name, target] : wanted) {
    const auto found = given.find(name);
    if (found == given.end()) {
      missing.push_back(name);
    } else if (found->second.sizes() != target.sizes()) {
      misshapen.push_back(name + " (" + shape_text(found->second.sizes()) + " instead of " +
                          shape_text(target.sizes()) + ")");
    }
  }
  std::vector<std::string> unexpected;
  std::set<std::string> known;
  for (const auto& [name, target] : wanted) known.insert(name);
  for (const auto& [name, tensor] : tensors) {
    if (!known.contains(name)) unexpected.push_back(name);
  }
  if (missing.empty() && unexpected.empty() && misshapen.empty()) return;
  std::string message = source + ": its tensors are not those of the network";
  list_names(message, missing, "missing");
  list_names(message, unexpected, "unexpected");
  list_names(message, misshapen, "of another shape");
  throw ModelError(message);
}

void load_state(torch::nn::Module& module, const NamedTensors& tensors, const std::string& source) {
  const torch::NoGradGuard no_grad;
  check_state(module, tensors, source);
  const std::map<std::string, torch::Tensor> given(tensors.begin(), tensors.end());
  for (const auto& [name, target] : named_state(module)) {
    torch::Tensor destination = target;
    destination.copy_(given.at(name));
  }
}

void adopt_state(torch::nn::Module& module, const NamedTensors& tensors, const std::string& source,
                 const torch::TensorOptions& options) {
  const torch::NoGradGuard no_grad;
  check_state(module, tensors, source);
  const std::map<std::string, torch::Tensor> given(tensors.begin(), tensors.end());
  for (const auto& [name, target] : named_state(module)) {
    torch::Tensor destination = target;
    destination.set_data(given.at(name).to(options));
  }
}

void save_model(const fs::path& file, const Model& model, const ModelCard& card) {
  write_safetensors(file, {named_state(model), {{kCardKey, card_to_json(card, -1)}}});
}

ModelCard read_model_card(const fs::path& file) { return card_of(file, read_safetensors_metadata(file)); }

LoadedModel load_model(const fs::path& file) {
  const SafeTensors contents = read_safetensors(file);
  LoadedModel loaded;
  loaded.card = card_of(file, contents.metadata);
  if (!contents.verified) {
    throw ModelError(file.string() + ": its checksum is missing, so the file was altered; copy it again");
  }
  const ModelShape shape{static_cast<std::int64_t>(loaded.card.bands.size()),
                         static_cast<std::int64_t>(loaded.card.classes.size())};
  try {
    loaded.model = models().make(without_weights(loaded.card.architecture), shape);
  } catch (const ConfigError& error) {
    throw ModelError(file.string() + ": its network cannot be made: " + error.what());
  }
  load_state(*loaded.model, contents.tensors, file.string());
  loaded.model->eval();
  return loaded;
}

}  // namespace nadir
