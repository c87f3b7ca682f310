#include "data/sources/prepared_tensors.h"

#include <nlohmann/json.hpp>

#include "core/parse_number.h"
#include "core/text.h"
#include "data/pixel_moves.h"
#include "data/pixel_types.h"
#include "nadir/model_file.h"

namespace nadir {
namespace {

struct Tensors {
  torch::Tensor image, target, valid;
};

// Scenes in the order of the file; the last "/" divides id and kind.
std::vector<std::pair<std::string, Tensors>> group_tensors(const std::string& file,
                                                           const NamedTensors& tensors) {
  std::vector<std::pair<std::string, Tensors>> scenes;
  std::map<std::string, std::size_t> numbers;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t slash = name.rfind('/');
    const std::string kind = slash == std::string::npos ? name : name.substr(slash + 1);
    if (slash == std::string::npos || (kind != "image" && kind != "target" && kind != "valid")) {
      throw DataError(file + ": the tensor '" + name +
                      "' is not called <id>/image, <id>/target or <id>/valid");
    }
    const std::string id = name.substr(0, slash);
    const auto [number, is_new] = numbers.emplace(id, scenes.size());
    if (is_new) scenes.emplace_back(id, Tensors{});
    Tensors& scene = scenes[number->second].second;
    (kind == "image" ? scene.image : kind == "target" ? scene.target : scene.valid) = tensor;
  }
  return scenes;
}

std::string describe(const torch::Tensor& tensor) {
  std::string text = pixel_type_name(tensor.scalar_type()) + " [";
  for (std::int64_t i = 0; i < tensor.dim(); ++i)
    text += (i > 0 ? ", " : "") + std::to_string(tensor.size(i));
  return text + "]";
}

void expect(bool fits, const std::string& name, const torch::Tensor& tensor, const std::string& wanted) {
  if (!fits)
    throw DataError(name + " is " + (tensor.defined() ? describe(tensor) : "missing") + "; expected " +
                    wanted);
}

bool is_pixel_type(torch::ScalarType type) {
  return type == torch::kUInt8 || type == torch::kUInt16 || type == torch::kInt16 || type == torch::kFloat32;
}

void check_labels(const std::string& name, const torch::Tensor& target, const LabelSpec& labels) {
  const torch::Tensor flat = target.to(torch::kInt64).contiguous();
  const auto* const value = flat.const_data_ptr<std::int64_t>();
  const auto limit = is_multilabel(labels.task) ? 2 : static_cast<std::int64_t>(labels.classes.size());
  std::map<std::int64_t, std::int64_t> unknown;
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    if ((value[i] < 0 || value[i] >= limit) && value[i] != kIgnore) ++unknown[value[i]];
  }
  if (unknown.empty()) return;
  std::vector<std::string> words;
  for (const auto& [each, count] : unknown)
    words.push_back(std::to_string(each) +
                    (labels_images(labels.task) ? "" : " (" + counted(count, "pixel") + ")"));
  throw DataError(name + ": no class has value " + join_words(words) + ". Allowed: 0 to " +
                  std::to_string(limit - 1) + ", and 255 for what does not count");
}

void check_scene(const std::string& name, const Tensors& scene, const LabelSpec& labels) {
  const torch::Tensor& image = scene.image;
  expect(image.defined() && image.dim() == 3 && image.numel() > 0 && is_pixel_type(image.scalar_type()),
         name + "/image", image, "uint8, uint16, int16 or float32 [bands, height, width]");
  const std::vector<std::int64_t> plane = {image.size(1), image.size(2)};
  if (scene.valid.defined()) {
    expect(scene.valid.sizes() == plane && scene.valid.scalar_type() == torch::kBool, name + "/valid",
           scene.valid, "bool [height, width] of the image");
  }
  if (!scene.target.defined()) return;
  const bool of_image = labels_images(labels.task);
  std::vector<std::int64_t> shape = of_image ? std::vector<std::int64_t>{} : plane;
  if (is_multilabel(labels.task))
    shape.insert(shape.begin(), static_cast<std::int64_t>(labels.classes.size()));
  const bool one_class = labels.task == Task::kClassification;
  expect(scene.target.sizes() == shape &&
             scene.target.scalar_type() == (one_class ? torch::kInt64 : torch::kUInt8),
         name + "/target", scene.target,
         one_class  ? "an int64 scalar, the image's class"
         : of_image ? "uint8 [classes]"
                    : "uint8 [" + std::string(is_multilabel(labels.task) ? "classes, " : "") +
                          "height, width] of the image");
  check_labels(name + "/target", scene.target, labels);
}

SafeTensors read_file(const std::string& file) {
  try {
    return read_safetensors(file);
  } catch (const ModelError& error) {
    throw DataError(error.what());
  }
}

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> names(1);
  for (const char c : text) {
    if (c == ',') {
      names.emplace_back();
    } else {
      names.back() += c;
    }
  }
  return names;
}

template <class Number>
Number number_in(const std::string& file, const std::string& key, const std::string& text) {
  if (const auto value = parse_number<Number>(text)) return *value;
  throw DataError(file + ": '" + text + "' in " + key + " of its metadata is not a number");
}

class PreparedTensors final : public Source {
 public:
  PreparedTensors(const PreparedConfig& config, const LabelSpec& labels) : file_(config.file) {
    const SafeTensors file = read_file(config.file);
    for (auto& [id, tensors] : group_tensors(config.file, file.tensors))
      add(config.file, id, tensors, labels);
    if (scenes_.empty()) throw DataError(config.file + ": has no tensors");
    name_bands(config.file, file.metadata);
    number_bands(config.file, file.metadata);
    set_parts(config.file, file.metadata);
    set_resolution(config.file, file.metadata);
  }

  const std::vector<Scene>& scenes() const override { return scenes_; }
  const std::vector<std::string>& band_names() const override { return names_; }
  std::vector<std::string> files(std::int64_t) const override { return {file_}; }
  std::vector<std::int64_t> band_numbers() const override { return numbers_; }

  Sample read(std::int64_t scene, const Window& window) const override {
    const auto at = static_cast<std::size_t>(scene);
    const Tensors& whole = tensors_.at(at);
    const auto cut = [&](const torch::Tensor& pixels) {
      return pixels.narrow(-2, window.row, window.height)
          .narrow(-1, window.column, window.width)
          .contiguous();
    };
    Sample sample = move_sample(
        {whole.image, whole.target, whole.valid, scenes_[at].id + "[" + to_string(window) + "]"}, cut);
    if (sample.target.defined() && sample.target.dim() >= 2 && sample.valid.defined()) {
      sample.target = sample.target.masked_fill(sample.valid.logical_not(), kIgnore);
    }
    return sample;
  }

 private:
  void add(const std::string& file, const std::string& id, const Tensors& tensors, const LabelSpec& labels) {
    check_scene(file + ": " + id, tensors, labels);
    if (!tensors_.empty()) {
      const Tensors& first = tensors_[0];
      const bool alike = first.image.size(0) == tensors.image.size(0) &&
                         first.image.scalar_type() == tensors.image.scalar_type();
      expect(alike, file + ": " + id + "/image", tensors.image,
             "bands and type of the first image, " + describe(first.image));
      expect(
          first.target.defined() == tensors.target.defined(), file + ": " + id + "/target", tensors.target,
          first.target.defined() ? "a target, as the first image has" : "none, as the first image has none");
    }
    tensors_.push_back(tensors);
    scenes_.push_back({.id = id,
                       .path = "",
                       .height = tensors.image.size(1),
                       .width = tensors.image.size(2),
                       .bands = tensors.image.size(0),
                       .resolution = std::nullopt});
  }

  void name_bands(const std::string& file, const std::map<std::string, std::string>& metadata) {
    const std::int64_t bands = scenes_[0].bands;
    if (const auto named = metadata.find("bands"); named != metadata.end()) {
      names_ = split_names(named->second);
      if (static_cast<std::int64_t>(names_.size()) == bands) return;
      throw DataError(file + ": its metadata names " + std::to_string(names_.size()) + " bands (" +
                      named->second + "), and its images have " + std::to_string(bands));
    }
    for (std::int64_t band = 1; band <= bands; ++band) names_.push_back("band " + std::to_string(band));
  }

  const std::string file_;
  void number_bands(const std::string& file, const std::map<std::string, std::string>& metadata) {
    const auto stored = metadata.find("band_numbers");
    if (stored == metadata.end()) {
      numbers_ = Source::band_numbers();
      return;
    }
    for (const std::string& text : split_names(stored->second)) {
      numbers_.push_back(number_in<std::int64_t>(file, "band_numbers", text));
    }
    if (numbers_.size() == names_.size()) return;
    throw DataError(file + ": its metadata numbers " + std::to_string(numbers_.size()) + " bands (" +
                    stored->second + "), and its images have " + std::to_string(names_.size()));
  }

  // {"train": [ids], "val": [ids], "test": [ids]}
  void set_parts(const std::string& file, const std::map<std::string, std::string>& metadata) {
    const auto stored = metadata.find("parts");
    if (stored == metadata.end()) return;
    std::map<std::string, Scene*> by_id;
    for (Scene& scene : scenes_) by_id[scene.id] = &scene;
    try {
      const nlohmann::json parts = nlohmann::json::parse(stored->second);
      for (const auto& [part, ids] : parts.items()) {
        if (part != "train" && part != "val" && part != "test") {
          throw DataError(file + ": its metadata have a part '" + part + "'; parts are train, val and test");
        }
        for (const nlohmann::json& id : ids) {
          const auto found = by_id.find(id.get<std::string>());
          if (found == by_id.end()) {
            throw DataError(file + ": its metadata put '" + id.get<std::string>() + "' into " + part +
                            ", and it has no such image");
          }
          found->second->part = part;
        }
      }
    } catch (const nlohmann::json::exception& error) {
      throw DataError(file + ": the parts in its metadata are not JSON: " + error.what());
    }
  }

  void set_resolution(const std::string& file, const std::map<std::string, std::string>& metadata) {
    const auto stored = metadata.find("resolution");
    if (stored == metadata.end()) return;
    for (Scene& scene : scenes_) scene.resolution = number_in<double>(file, "resolution", stored->second);
  }

  std::vector<Scene> scenes_;
  std::vector<Tensors> tensors_;
  std::vector<std::string> names_;
  std::vector<std::int64_t> numbers_;
};

}  // namespace

void PreparedConfig::fields(FieldVisitor& visit) { visit.path("file", file); }

void PreparedConfig::validate() const {
  if (file.empty()) throw ConfigError("'file' is missing; for example file: images.safetensors");
}

std::shared_ptr<Source> make_prepared(const PreparedConfig& config, const LabelSpec& labels) {
  return std::make_shared<PreparedTensors>(config, labels);
}

}  // namespace nadir
