#include "models/load_weights.h"

#include <functional>

#include "core/text.h"
#include "models/blocks/token_grid.h"
#include "weights/torch_writer.h"
#include "weights/weight_match.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kPublishedBands = 3;  // red, green, blue

// PyTorch loads files that are older than this counter without it.
bool may_be_missing(const std::string& name) { return name.ends_with("num_batches_tracked"); }

// torchvision's, timm's and segmentation_models.pytorch's names for what comes after the features.
bool is_classifier(const std::string& name) {
  for (const char* each : {"fc.", "classifier.", "head.", "heads.", "last_linear.", "_fc."}) {
    if (name.starts_with(each)) return true;
  }
  return false;
}

// segmentation_models.pytorch's rule (encoders/_utils.py, patch_first_conv): one band gets the sum of the
// three, more get them in turn, scaled so that the sum stays.
torch::Tensor for_bands(const torch::Tensor& weight, std::int64_t bands) {
  if (bands == 1) return weight.sum(1, /*keepdim=*/true);
  const torch::Tensor turn = torch::arange(bands) % kPublishedBands;
  return weight.index_select(1, turn) * (static_cast<double>(kPublishedBands) / static_cast<double>(bands));
}

bool differs_in_bands(torch::IntArrayRef file, torch::IntArrayRef network) {
  return file.size() == 4 && network.size() == 4 && file[1] == kPublishedBands && network[1] != file[1] &&
         file[0] == network[0] && file.slice(2) == network.slice(2);
}

// "x.pth (PyTorch, zip): took 'state_dict'"
std::string source_text(const fs::path& file, const WeightFile& weights, const WeightMatch& match) {
  const std::string done = match.what_was_done();
  return file.string() + " (" + weights.format + (done.empty() ? ")" : "; " + done + ")");
}

// The position embeddings of the module and those within it, by full name.
std::map<std::string, TokenGrid> token_grids(const torch::nn::Module& module) {
  std::map<std::string, TokenGrid> grids;
  const auto add = [&](const torch::nn::Module& each, const std::string& name) {
    const auto* tokens = dynamic_cast<const PatchTokens*>(&each);
    if (tokens == nullptr) return;
    const TokenGrid grid = tokens->token_grid();
    grids.emplace((name.empty() ? "" : name + ".") + grid.positions, grid);
  };
  add(module, "");
  for (const auto& each : module.named_modules("", /*include_self=*/false)) add(*each.value(), each.key());
  return grids;
}

bool differs_in_tokens(torch::IntArrayRef file, torch::IntArrayRef network, const TokenGrid& grid) {
  if (file.size() != network.size() || !has_square_grid(file, grid.prefix)) return false;
  return file.back() == network.back() && file.slice(0, file.size() - 2) == network.slice(0, file.size() - 2);
}

using Change = std::function<torch::Tensor(const torch::Tensor&)>;

struct Step {
  torch::Tensor target;
  const WeightEntry* entry;
  Change change = {};  // empty: the tensor is copied as it is
};

// Sorts the network's tensors into the report's lists, and says which are to be copied.
std::vector<Step> plan(const WeightMatch& match, const NetworkState& network,
                       const std::map<std::string, TokenGrid>& grids, WeightsReport& report) {
  std::vector<Step> steps;
  bool first_convolution = true;
  for (const auto& [name, target] : network) {
    const bool first = first_convolution && target.dim() == 4;
    if (target.dim() == 4) first_convolution = false;
    const auto found = match.tensors.find(name);
    if (found == match.tensors.end()) {
      if (!may_be_missing(name)) report.missing.push_back(name);
      continue;
    }
    const torch::IntArrayRef shape = found->second->shape;
    const auto grid = grids.find(name);
    if (shape == target.sizes()) {
      report.loaded.push_back(name);
      steps.push_back({target, found->second});
    } else if (first && differs_in_bands(shape, target.sizes())) {
      report.adapted.push_back(name);
      const std::int64_t bands = target.size(1);
      steps.push_back(
          {target, found->second, [bands](const auto& value) { return for_bands(value, bands); }});
    } else if (grid != grids.end() && differs_in_tokens(shape, target.sizes(), grid->second)) {
      report.resized.push_back(name);
      steps.push_back({target, found->second,
                       [to = grid->second](const auto& value) { return resample_positions(value, to); }});
    } else {
      report.misshapen.push_back(name + " (" + shape_text(shape) + " instead of " +
                                 shape_text(target.sizes()) + ")");
    }
  }
  return steps;
}

bool is_error(const WeightsReport& report, const LoadRules& rules) {
  if (report.loaded.empty() && report.adapted.empty() && report.resized.empty()) return true;
  if (rules.partial) return false;
  const auto fatal = [&](const std::vector<std::string>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& name) { return !rules.backbone || !is_classifier(name); });
  };
  return fatal(report.missing) || fatal(report.misshapen) || (!rules.backbone && !report.unexpected.empty());
}

void copy(const std::vector<Step>& steps) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> values;
  for (const Step& step : steps) values.push_back(step.entry->read());  // all, before the module changes
  for (std::size_t i = 0; i < steps.size(); ++i) {
    torch::Tensor target = steps[i].target;
    const Change& change = steps[i].change;
    target.copy_(change ? change(values[i].to(target.scalar_type())) : values[i]);
  }
}

}  // namespace

std::string shape_text(torch::IntArrayRef shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text.empty() ? "a number" : text;
}

void list_names(std::string& message, const std::vector<std::string>& names, const char* what) {
  if (names.empty()) return;
  constexpr std::size_t kShown = 5;
  message += "\n  " + std::to_string(names.size()) + " " + what + ": ";
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) message += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kShown) message += ", …";
}

std::string WeightsReport::text() const {
  std::string message =
      source + ": " +
      counted(static_cast<std::int64_t>(loaded.size() + adapted.size() + resized.size()), "tensor") +
      " loaded";
  list_names(message, adapted, "adapted to the number of bands");
  list_names(message, resized, "resized to the number of patches");
  list_names(message, missing, "missing");
  list_names(message, unexpected, "unexpected");
  list_names(message, misshapen, "of another shape");
  return message;
}

WeightsReport load_weights(torch::nn::Module& module, const fs::path& file, const LoadRules& rules) {
  const WeightFile weights = open_weights(file);
  const NetworkState network = named_state(module);
  const WeightMatch match = match_weights(weights, network);
  WeightsReport report;
  report.source = source_text(file, weights, match);
  const std::vector<Step> steps = plan(match, network, token_grids(module), report);
  report.unexpected = match.unexpected;
  if (is_error(report, rules)) {
    std::string message = report.source + ": its tensors are not those of the network";
    list_names(message, report.missing, "missing");
    list_names(message, report.unexpected, "unexpected");
    list_names(message, report.misshapen, "of another shape");
    if (!steps.empty())
      message += "\n  " + std::to_string(steps.size()) + " would fit; `partial` takes those alone";
    throw ModelError(message);
  }
  copy(steps);
  return report;
}

WeightsReport load_weights(torch::nn::Module& module, const fs::path& file, const WeightsOptions& options) {
  return load_weights(module, file, LoadRules{.partial = options.partial});
}

PlainWeights read_weights(const fs::path& file, const std::string& dict) {
  WeightFile weights = open_weights(file);
  if (!dict.empty()) {
    std::vector<std::string> known;
    for (const WeightGroup& each : weights.groups) known.push_back(each.path);
    std::erase_if(weights.groups, [&](const WeightGroup& each) { return each.path != dict; });
    if (weights.groups.empty()) {
      std::string message = file.string() + ": has no dict of tensors '" + dict + "'";
      list_names(message, known, "dicts");
      throw ModelError(message);
    }
  }
  const WeightMatch match = choose_weights(weights);
  PlainWeights plain{source_text(file, weights, match), {}};
  for (const WeightEntry& each : match.group->entries) {
    const bool stripped = each.name.starts_with(match.removed);
    plain.tensors.emplace_back(stripped ? each.name.substr(match.removed.size()) : each.name, each.read());
  }
  return plain;
}

void write_weights(const fs::path& file, const NamedTensors& tensors) {
  const std::string suffix = file.extension().string();
  if (suffix == ".safetensors") {
    write_safetensors(file, {tensors, {{"format", "pt"}}});
  } else if (suffix == ".pth" || suffix == ".pt" || suffix == ".bin") {
    write_torch(file, tensors);
  } else {
    throw ConfigError(file.string() + ": weights are written as .safetensors, .pth, .pt or .bin");
  }
}

}  // namespace nadir
