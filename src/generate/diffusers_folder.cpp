// Folders in diffusers' layout.
#include <torch/torch.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/text.h"
#include "generate/diffusion_model.h"
#include "models/load_weights.h"
#include "models/placement.h"
#include "nadir/model_file.h"
#include "weights/mapped_safetensors.h"

namespace nadir {
namespace {

// The files that hold a part's weights: one, or the shards that an index names.
std::vector<std::filesystem::path> weight_files(const std::filesystem::path& folder,
                                                const std::string& stem) {
  std::vector<std::string> tried;
  for (const std::string variant : {"", ".fp16"}) {
    const std::string index = stem + ".safetensors.index" + variant + ".json";
    const std::string torch_stem = stem == "model" ? "pytorch_model" : stem;
    for (const std::string& name : {stem + variant + ".safetensors", index, torch_stem + variant + ".bin"}) {
      tried.push_back(name);
      const std::filesystem::path file = folder / name;
      if (!std::filesystem::exists(file)) continue;
      if (name != index) return {file};
      const nlohmann::json json = nlohmann::json::parse(read_text_file(file), nullptr, false);
      if (!json.is_object() || !json.contains("weight_map") || !json.at("weight_map").is_object()) {
        throw ModelError(file.string() + ": has no weight_map");
      }
      std::set<std::filesystem::path> shards;
      const nlohmann::json& map = json.at("weight_map");
      for (const auto& [tensor, shard] : map.items()) {
        const std::filesystem::path name_only = shard.is_string() ? shard.get<std::string>() : std::string();
        if (name_only.empty() || name_only.has_parent_path()) {
          throw ModelError(file.string() + ": the shard of " + tensor +
                           " is not the name of a file beside it");
        }
        shards.insert(folder / name_only);
      }
      return {shards.begin(), shards.end()};
    }
  }
  throw ModelError(folder.string() + ": has no weights; looked for " + join_words(tried));
}

// Before diffusers 0.13 the autoencoder's attention had other names, and 1 x 1 convolutions for its layers.
std::string current_name(std::string name) {
  static const std::pair<const char*, const char*> kRenamed[] = {
      {".query.", ".to_q."}, {".key.", ".to_k."}, {".value.", ".to_v."}, {".proj_attn.", ".to_out.0."}};
  if (name.find("mid_block.attentions") == std::string::npos) return name;
  for (const auto& [old_name, new_name] : kRenamed) {
    const std::size_t at = name.find(old_name);
    if (at != std::string::npos) name.replace(at, std::string(old_name).size(), new_name);
  }
  return name;
}

// The weights of a part: of safetensors in memory as far as they are looked at.
NamedTensors part_tensors(const std::filesystem::path& folder, const std::string& stem) {
  NamedTensors tensors;
  for (const std::filesystem::path& file : weight_files(folder, stem)) {
    const bool mapped = file.extension() == ".safetensors";
    for (auto& [name, tensor] : mapped ? map_safetensors(file).tensors : read_weights(file).tensors) {
      if (name.ends_with("embeddings.position_ids")) continue;  // 0, 1, 2 ...: older checkpoints keep them
      const bool flat = tensor.dim() == 4 && current_name(name) != name;
      tensors.emplace_back(current_name(name), flat ? tensor.flatten(1) : tensor);
    }
  }
  // transformers 5 writes a text encoder without the name of its only part.
  if (stem == "model" && !tensors.empty() && !tensors.front().first.starts_with("text_model.")) {
    for (auto& [name, tensor] : tensors) name.insert(0, "text_model.");
  }
  return tensors;
}

std::filesystem::path part_folder(const std::filesystem::path& model, const std::string& part) {
  const std::filesystem::path folder = model / part;
  if (std::filesystem::is_directory(folder)) return folder;
  throw ModelError(model.string() + ": has no folder " + part +
                   "; a model in diffusers' layout has unet, vae, text_encoder, tokenizer and scheduler");
}

torch::ScalarType scalar_type(const std::string& precision) {
  if (precision == "fp32") return torch::kFloat32;
  if (precision == "bf16") return torch::kBFloat16;
  if (precision == "fp16") return torch::kFloat16;
  throw ConfigError("precision '" + precision + "' is unknown; use fp32, bf16 or fp16");
}

// Whether the model says of itself that it works on pixels: {"vae": [null, null]}.
bool has_autoencoder(const std::filesystem::path& model) {
  const std::filesystem::path index = model / "model_index.json";
  if (std::filesystem::is_directory(model / "vae") || !std::filesystem::exists(index)) return true;
  const nlohmann::json json = nlohmann::json::parse(read_text_file(index), nullptr, false);
  const nlohmann::json none = {nullptr, nullptr};
  return !json.is_object() || json.value("vae", nlohmann::json()) != none;
}

CheckedJson config_of(const std::filesystem::path& folder, const std::string& name = "config.json") {
  if (!std::filesystem::exists(folder / name)) throw ModelError(folder.string() + ": has no " + name);
  return CheckedJson::read(folder / name);
}

// Parameters are made in the type they will have: full-size models are made once, not twice.
class DefaultType {
 public:
  explicit DefaultType(torch::ScalarType type) : before_(torch::get_default_dtype()) {
    torch::set_default_dtype(c10::scalarTypeToTypeMeta(type));
  }
  ~DefaultType() { torch::set_default_dtype(before_); }
  DefaultType(const DefaultType&) = delete;
  DefaultType& operator=(const DefaultType&) = delete;

 private:
  caffe2::TypeMeta before_;
};

// Where a part's weights lie, and how it wants them.
struct PartWeights {
  std::filesystem::path folder;
  std::string stem;
  torch::TensorOptions options;
  void put_into(torch::nn::Module& module) const {
    adopt_state(module, part_tensors(folder, stem), folder.string(), options);
    const torch::NoGradGuard no_grad;
    to_channels_last(module);  // faster convolutions, for a copy of their weights
  }
};

// With low memory the names and shapes are looked at, and the weights come later.
void fill_part(torch::nn::Module& module, const PartWeights& weights, bool low_memory) {
  module.eval();
  if (!low_memory) return weights.put_into(module);
  check_state(module, part_tensors(weights.folder, weights.stem), weights.folder.string());
  drop_weights(module);
}

}  // namespace

std::shared_ptr<DiffusionModel> load_diffusion(const DiffusionFolders& folders, const std::string& precision,
                                               const std::string& device, bool low_memory) {
  const torch::ScalarType type = scalar_type(precision);
  const torch::Device where = choose_device(device);
  if (!std::filesystem::is_directory(folders.model)) {
    throw ModelError(folders.model.string() + ": is not a folder");
  }
  const std::filesystem::path unet = folders.unet.empty() ? part_folder(folders.model, "unet") : folders.unet;
  const bool in_latents = has_autoencoder(folders.model);
  const std::filesystem::path vae = in_latents ? part_folder(folders.model, "vae") : "";
  const std::filesystem::path text = part_folder(folders.model, "text_encoder");
  const DenoiserConfig denoiser = read_denoiser_config(config_of(unet));
  const TextEncoderConfig text_encoder = read_text_encoder_config(config_of(text));
  if (denoiser.context != text_encoder.channels) {
    throw ModelError(unet.string() + ": attends to texts of " + std::to_string(denoiser.context) +
                     " channels, and " + text.string() + " gives " + std::to_string(text_encoder.channels));
  }
  const DefaultType made_as(type);
  const auto options = torch::TensorOptions(where).dtype(type);
  const auto weights = std::make_shared<std::map<const torch::nn::Module*, PartWeights>>();
  // One part after the other, so that no two of them are in memory before their weights are.
  const auto filled = [&](auto part, const std::filesystem::path& folder, const std::string& stem) {
    const PartWeights& own = weights->emplace(part.get(), PartWeights{folder, stem, options}).first->second;
    fill_part(*part, own, low_memory);
    return part;
  };
  auto model = std::make_shared<DiffusionModel>(DiffusionModel{
      filled(make_denoiser(denoiser), unet, "diffusion_pytorch_model"),
      in_latents
          ? filled(make_autoencoder(read_autoencoder_config(config_of(vae))), vae, "diffusion_pytorch_model")
          : make_pixel_space(denoiser.in_channels),
      filled(make_text_encoder(text_encoder), text, "model"),
      ClipTokenizer::load(part_folder(folders.model, "tokenizer")),
      read_scheduler_config(config_of(part_folder(folders.model, "scheduler"), "scheduler_config.json")),
      where,
      type,
      {},
      /*channels_last=*/true});
  if (low_memory) {
    model->reload = [weights](torch::nn::Module& part) {
      const auto own = weights->find(&part);  // a model on pixels has a part without weights
      if (own != weights->end()) own->second.put_into(part);
    };
  }
  return model;
}

}  // namespace nadir
