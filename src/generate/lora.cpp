#include "generate/lora.h"

#include <torch/torch.h>

#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "nadir/model.h"
#include "nadir/model_file.h"

namespace nadir {
namespace {

struct Found {
  torch::Tensor down, up;
  std::optional<double> alpha;
};

// "lora_A.weight" at the end of a tensor's name, and what it is. peft may put an adapter's name in between.
enum class Role { kDown, kUp, kAlpha };
struct Ending {
  const char* text;
  Role role;
};
constexpr std::array<Ending, 11> kEndings = {{{".lora_A.weight", Role::kDown},
                                              {".lora_B.weight", Role::kUp},
                                              {".lora_A.default.weight", Role::kDown},
                                              {".lora_B.default.weight", Role::kUp},
                                              {".lora.down.weight", Role::kDown},
                                              {".lora.up.weight", Role::kUp},
                                              {".lora_down.weight", Role::kDown},
                                              {".lora_up.weight", Role::kUp},
                                              {"_lora.down.weight", Role::kDown},
                                              {"_lora.up.weight", Role::kUp},
                                              {".alpha", Role::kAlpha}}};

// Older files name the layers of diffusers' attention processors: attn1.processor.to_q_lora.
std::string layer_name(std::string name, const std::string& source) {
  if (name.starts_with("text_encoder")) {
    throw ModelError(source + ": changes the text encoder (" + name + "), which nadir does not adapt");
  }
  if (name.starts_with("unet.")) name.erase(0, 5);
  const std::string processor = ".processor.";
  if (const std::size_t at = name.find(processor); at != std::string::npos)
    name.replace(at, processor.size(), ".");
  if (name.ends_with(".to_out")) name += ".0";
  return name;
}

// peft's own settings, where a file brings them: {"unet.r": …, "unet.lora_alpha": …}.
std::optional<double> common_alpha(const std::map<std::string, std::string>& metadata,
                                   const std::string& source) {
  const auto found = metadata.find("lora_adapter_metadata");
  if (found == metadata.end()) return std::nullopt;
  const nlohmann::json json = nlohmann::json::parse(found->second, nullptr, false);
  if (!json.is_object() || !json.contains("unet.lora_alpha")) return std::nullopt;
  const nlohmann::json& patterns = json.value("unet.alpha_pattern", nlohmann::json::object());
  if (!json.at("unet.lora_alpha").is_number() || !patterns.empty()) {
    throw ModelError(source + ": lora_adapter_metadata has alphas of single layers, which is not supported");
  }
  return json.at("unet.lora_alpha").get<double>();
}

void place(const std::string& name, const torch::Tensor& tensor, const std::string& source,
           std::map<std::string, Found>& found) {
  for (const Ending& each : kEndings) {
    if (!name.ends_with(each.text)) continue;
    Found& layer = found[layer_name(name.substr(0, name.size() - std::string(each.text).size()), source)];
    if (each.role == Role::kAlpha) layer.alpha = tensor.to(torch::kFloat64).item<double>();
    if (each.role == Role::kDown) layer.down = tensor;
    if (each.role == Role::kUp) layer.up = tensor;
    return;
  }
  throw ModelError(source + ": '" + name +
                   "' is no tensor of a LoRA; known are names that end in lora_A.weight and lora_B.weight, "
                   "lora.down.weight and lora.up.weight, alpha");
}

void check_pair(const std::string& name, const Found& layer, const std::string& source) {
  if (!layer.down.defined() || !layer.up.defined()) {
    throw ModelError(source + ": " + name + " has only one of its two matrices");
  }
  const bool fits = layer.down.dim() == 2 && layer.up.dim() == 2 && layer.down.size(0) == layer.up.size(1);
  if (!fits) throw ModelError(source + ": the two matrices of " + name + " do not go together");
}

}  // namespace

void write_lora(const std::filesystem::path& file, const std::vector<LoraLayer>& layers) {
  SafeTensors contents;
  for (const LoraLayer& each : layers) {
    contents.tensors.emplace_back("unet." + each.name + ".lora_A.weight", each.down.detach());
    contents.tensors.emplace_back("unet." + each.name + ".lora_B.weight", each.up.detach() * each.scale);
  }
  contents.metadata = {{"format", "pt"}};
  write_safetensors(file, contents);
}

std::vector<LoraLayer> read_lora(const std::filesystem::path& file) {
  const std::string source = file.string();
  const SafeTensors contents = read_safetensors(file);
  std::map<std::string, Found> found;
  for (const auto& [name, tensor] : contents.tensors) place(name, tensor, source, found);
  if (found.empty()) throw ModelError(source + ": holds no change");
  const std::optional<double> alpha = common_alpha(contents.metadata, source);
  std::vector<LoraLayer> layers;
  for (const auto& [name, layer] : found) {
    check_pair(name, layer, source);
    const auto rank = static_cast<double>(layer.down.size(0));
    layers.push_back({name, layer.down, layer.up, layer.alpha.value_or(alpha.value_or(rank)) / rank});
  }
  return layers;
}

void merge_lora(Denoiser& unet, const std::filesystem::path& file, double strength) {
  const torch::NoGradGuard no_grad;
  std::map<std::string, torch::Tensor> weights;
  for (const auto& [name, tensor] : named_state(unet)) weights.emplace(name, tensor);
  std::vector<std::pair<torch::Tensor, torch::Tensor>> changes;
  for (const LoraLayer& each : read_lora(file)) {
    const auto at = weights.find(each.name + ".weight");
    if (at == weights.end()) {
      throw ModelError(file.string() + ": changes " + each.name + ", which the U-Net does not have");
    }
    const torch::Tensor& weight = at->second;
    const torch::Tensor change = torch::mm(each.up.to(weight.device(), torch::kFloat32),
                                           each.down.to(weight.device(), torch::kFloat32)) *
                                 (each.scale * strength);
    if (change.numel() != weight.numel() || change.size(0) != weight.size(0)) {
      throw ModelError(file.string() + ": the change of " + each.name + " is " +
                       std::to_string(change.size(0)) + " x " + std::to_string(change.size(1)) +
                       ", and the U-Net's layer is " + std::to_string(weight.size(0)) + " x " +
                       std::to_string(weight.numel() / weight.size(0)) + "; was it made for another model?");
    }
    changes.emplace_back(weight, change.reshape(weight.sizes()));
  }
  for (auto& [weight, change] : changes) {
    // Added in float32 and rounded once; into memory of its own, for weights may be a file's.
    weight.set_data((weight.to(torch::kFloat32) + change).to(weight.scalar_type()));
  }
}

void merge_lora(DiffusionModel& model, const std::filesystem::path& file, double strength) {
  if (!model.reload) return merge_lora(*model.denoiser, file, strength);
  model.reload = [reload = model.reload, denoiser = model.denoiser, file, strength](torch::nn::Module& part) {
    reload(part);
    if (&part == denoiser.get()) merge_lora(*denoiser, file, strength);
  };
}

}  // namespace nadir
