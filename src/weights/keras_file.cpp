#include "weights/keras_file.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "weights/hdf5_file.h"
#include "weights/keras_layer.h"

namespace nadir {
namespace {

constexpr int kDeepest = 24;  // groups within groups, models within models
constexpr const char* kWeights = "model.weights.h5";
constexpr const char* kConfig = "config.json";
constexpr std::uint64_t kLargestConfig = 64U << 20, kLargestWeights = std::uint64_t{1} << 36;  // bytes

using File = std::shared_ptr<const Hdf5File>;

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::size_t begin, std::size_t end) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) text += (text.empty() ? "" : ".") + parts[i];
  return text;
}

// Keras's class of each layer by its name: "conv1" is a "conv2d".
using LayerKinds = std::map<std::string, KerasKind>;

void collect_kinds(const nlohmann::json& model, LayerKinds& kinds, int depth) {
  if (depth > kDeepest || !model.is_object() || !model.contains("config")) return;
  const nlohmann::json& config = model["config"];
  if (!config.is_object()) return;
  if (config.contains("layers") && config["layers"].is_array()) {
    for (const nlohmann::json& layer : config["layers"]) collect_kinds(layer, kinds, depth + 1);
  }
  if (config.contains("layer")) collect_kinds(config["layer"], kinds, depth + 1);
  const auto name = config.find("name"), kind = model.find("class_name");
  if (name == config.end() || !name->is_string() || kind == model.end() || !kind->is_string()) return;
  const auto flag = [&](const char* key) { return !config.contains(key) || config[key] != false; };
  kinds[*name] = {keras_snake_case(*kind), flag("scale"), flag("center")};
}

LayerKinds read_kinds(const std::string& text) {
  LayerKinds kinds;
  const nlohmann::json model = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!model.is_discarded()) collect_kinds(model, kinds, 0);
  return kinds;
}

class Reader {
 public:
  Reader(File h5, const ByteFile& file, LayerKinds kinds)
      : h5_(std::move(h5)), file_(file), kinds_(std::move(kinds)) {}

  std::vector<WeightGroup> by_names(const std::string& root) {
    for (const std::string& layer : texts(root, "layer_names")) {
      const std::string group = below(root, layer);
      if (!h5_->exists(group)) file_.refuse("its layer '" + layer + "' is missing");
      add_named_layer(layer, group, texts(group, "weight_names"));
    }
    return finish();
  }

  std::vector<WeightGroup> by_order() {
    add_ordered("", {}, 0);
    return finish();
  }

 private:
  struct Found {
    std::string layer, full;  // name to go by, and the one that has the models around it too
    KerasWeight weight;
    std::string path;
  };

  static std::string below(const std::string& group, const std::string& name) {
    return group.empty() ? name : group + "/" + name;
  }

  // An attribute that is too long for HDF5's 64 KB is cut into name0, name1 …
  std::vector<std::string> texts(const std::string& path, const std::string& name) const {
    std::vector<std::string> all = h5_->attribute(path, name);
    for (int i = 0; all.size() < kMostTexts; ++i) {
      const std::vector<std::string> more = h5_->attribute(path, name + std::to_string(i));
      if (more.empty()) break;
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }

  KerasKind kind_of(const std::string& layer) const {
    const auto found = kinds_.find(layer);
    return found == kinds_.end() ? KerasKind{} : found->second;
  }

  // As far as the file says so.
  bool is_model(const std::string& layer) const {
    const std::string kind = kind_of(layer).name;
    return kind == "functional" || kind == "sequential" || kind == "model";
  }

  // "conv1/kernel:0" in layer conv1; "inner_conv/kernel:0" in layer resnet50, which is a model.
  void add_named_layer(const std::string& layer, const std::string& group,
                       const std::vector<std::string>& names) {
    std::set<std::string> owners;
    for (const std::string& each : names) owners.insert(each.substr(0, each.rfind('/')));
    for (const std::string& each : names) {
      const std::vector<std::string> parts = parts_of(each);
      if (parts.empty()) file_.refuse("layer '" + layer + "' has a weight without a name");
      const std::string variable = parts.back().substr(0, parts.back().find(':'));
      std::string owner = layer;
      if (is_model(layer) || owners.size() > 1) {
        const bool inner_model = parts.size() > 1 && parts[0] != layer;
        owner = inner_model ? parts[parts.size() - 2] : join(parts, 0, parts.size() - 1);
      }
      const std::string full = owner == layer ? layer : layer + "." + owner;
      add({owner, full, keras_weight(kind_of(owner), variable), below(group, each)});
    }
  }

  // Every group "vars" below `group` belongs to a layer; `names` are those of the groups above.
  void add_ordered(const std::string& group, const std::vector<std::string>& names, int depth) {
    if (depth > kDeepest) file_.refuse("its groups are nested too deeply");
    for (const std::string& child : h5_->children(group)) {
      const std::string path = below(group, child);
      if (!h5_->is_group(path) || (group.empty() && child == "optimizer")) continue;
      if (child == "vars") {
        add_variables(path, group, names);
      } else {
        std::vector<std::string> longer = names;
        const std::vector<std::string> name = h5_->attribute(below(path, "vars"), "name");
        longer.push_back(child == "layers" ? child : name.empty() ? layer_named(child) : name[0]);
        add_ordered(path, longer, depth + 1);
      }
    }
  }

  // Files of Keras before 3.7 do not say the layer's name: groups are called by class and count, in the order
  // of the config.
  std::string layer_named(const std::string& group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? group : found->second;
  }

  void add_variables(const std::string& path, const std::string& group,
                     const std::vector<std::string>& names) {
    const auto last_model = std::find(names.rbegin(), names.rend(), "layers").base();
    const std::string layer =
        join({last_model, names.end()}, 0, static_cast<std::size_t>(names.end() - last_model));
    std::vector<std::string> all = names;
    std::erase(all, "layers");
    const std::vector<std::string> variables = h5_->children(path);
    KerasKind kind = kind_of(layer);
    if (kind.name.empty())
      kind.name = keras_kind_of_group(parts_of(group).empty() ? "" : parts_of(group).back());
    for (std::size_t i = 0; i < variables.size(); ++i) {
      add({layer, join(all, 0, all.size()), keras_weight(kind, i, variables.size()),
           below(path, std::to_string(i))});
    }
  }

  void add(Found found) {
    if (found_.size() >= kMostTexts) file_.refuse("has too many weights");
    ++uses_[found.layer + "." + found.weight.name];
    found_.push_back(std::move(found));
  }

  std::vector<WeightGroup> finish() {
    WeightGroup group{"", {}, /*keras=*/true};
    std::set<std::string> names;
    for (const Found& each : found_) {
      const bool alone = uses_[each.layer + "." + each.weight.name] == 1;
      const std::string name = (alone ? each.layer : each.full) + "." + each.weight.name;
      if (!names.insert(name).second) file_.refuse("has two weights of the name '" + name + "'");
      const Hdf5File::Array array = h5_->array(each.path);
      const KerasLayout layout = each.weight.layout;
      const torch::Tensor shape = to_torch_layout(
          torch::empty(array.shape, torch::TensorOptions(torch::kMeta).dtype(torch::kUInt8)), layout);
      group.entries.push_back({name, array.type, shape.sizes().vec(), [h5 = h5_, path = each.path, layout] {
                                 return to_torch_layout(h5->read(path), layout);
                               }});
    }
    if (group.entries.empty()) file_.refuse("is an HDF5 file without Keras weights");
    return {std::move(group)};
  }

 public:
  // Of .keras files, whose config lists the layers in the order of their groups.
  void set_groups(std::map<std::string, std::string> groups) { groups_ = std::move(groups); }

 private:
  static constexpr std::size_t kMostTexts = 1'000'000;
  File h5_;
  const ByteFile& file_;
  LayerKinds kinds_;
  std::map<std::string, std::string> groups_;
  std::vector<Found> found_;
  std::map<std::string, int> uses_;
};

// "conv2d" is the first Conv2D of the config, "conv2d_1" the second.
std::map<std::string, std::string> groups_of(const std::string& config) {
  std::map<std::string, std::string> groups;
  std::map<std::string, int> counts;
  const nlohmann::json model = nlohmann::json::parse(config, nullptr, /*allow_exceptions=*/false);
  if (!model.is_object() || !model.contains("config") || !model["config"].is_object()) return groups;
  const nlohmann::json layers = model["config"].value("layers", nlohmann::json::array());
  for (const nlohmann::json& layer : layers) {
    if (!layer.is_object() || !layer.contains("config") || !layer["config"].is_object()) continue;
    const nlohmann::json name = layer["config"].value("name", nlohmann::json());
    const nlohmann::json kind = layer.value("class_name", nlohmann::json());
    if (!name.is_string() || !kind.is_string()) continue;
    const std::string group = keras_snake_case(kind.get<std::string>());
    const int count = counts[group]++;
    groups[count == 0 ? group : group + "_" + std::to_string(count)] = name.get<std::string>();
  }
  return groups;
}

}  // namespace

WeightFile read_keras_h5(std::shared_ptr<const ByteFile> file) {
  const auto h5 = std::make_shared<const Hdf5File>(hdf5::Bytes(file));
  const std::vector<std::string> config = h5->attribute("", "model_config");
  Reader reader(h5, *file, config.empty() ? LayerKinds{} : read_kinds(config[0]));
  for (const std::string root : {"model_weights", ""}) {
    const bool named =
        !h5->attribute(root, "layer_names").empty() || !h5->attribute(root, "layer_names0").empty();
    if (named) return {"Keras, .h5", reader.by_names(root)};
  }
  return {"Keras 3, .h5", reader.by_order()};
}

bool is_keras_zip(const ZipArchive& archive) { return archive.find(kWeights) != nullptr; }

WeightFile read_keras_zip(const ZipArchive& archive, std::shared_ptr<const ByteFile> file) {
  hdf5::Bytes image(file, archive.text(*archive.find(kWeights), kLargestWeights));
  const ZipEntry* entry = archive.find(kConfig);
  const std::string config = entry == nullptr ? "" : archive.text(*entry, kLargestConfig);
  Reader reader(std::make_shared<const Hdf5File>(std::move(image)), *file, read_kinds(config));
  reader.set_groups(groups_of(config));
  return {"Keras 3, .keras", reader.by_order()};
}

}  // namespace nadir
