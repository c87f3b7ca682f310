#include "data/sources/image_folder.h"

#include <set>

#include "core/text.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

class ClassContent final : public PictureContent {
 public:
  ClassContent(std::vector<std::int64_t> classes, std::size_t count)
      : classes_(std::move(classes)), count_(count) {}
  torch::Tensor load_target(const PictureScene& scene, const PictureSize&) const override {
    return torch::scalar_tensor(classes_[static_cast<std::size_t>(scene.index)], torch::kInt64);
  }
  std::vector<bool> classes_in(const PictureScene& scene) const override {
    std::vector<bool> present(count_);
    present[static_cast<std::size_t>(classes_[static_cast<std::size_t>(scene.index)])] = true;
    return present;
  }

 private:
  std::vector<std::int64_t> classes_;
  std::size_t count_;
};

class FolderReader {
 public:
  FolderReader(const LabelSpec& labels, Problems& problems)
      : names_(class_names(labels.classes)), problems_(problems) {}

  // A folder with a folder for each class.
  void take(const fs::path& folder, const std::string& part) {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_directory()) found.insert(entry.path().filename().string());
      if (entry.is_regular_file() && is_picture(entry.path()))
        problems_.add(entry.path().string() + ": lies in no class's folder");
    }
    for (const std::string& name : found) {
      if (std::find(names_.begin(), names_.end(), name) == names_.end()) {
        problems_.add((folder / name).string() + ": the recipe has no class '" + name +
                      "'; its classes are " + join_words(names_));
      }
    }
    for (std::size_t k = 0; k < names_.size(); ++k)
      take_class(folder / names_[k], static_cast<std::int64_t>(k), part);
  }

  std::vector<PictureScene> scenes;
  std::vector<std::int64_t> classes;

 private:
  void take_class(const fs::path& folder, std::int64_t label, const std::string& part) {
    std::vector<std::string> files;
    if (!problems_.guard([&] { files = pictures_in(folder.string(), true); })) return;
    if (files.empty()) problems_.add(folder.string() + ": has no picture (.png, .jpg, .jpeg)");
    for (const std::string& file : files) {
      scenes.push_back({.image = file, .part = part, .index = static_cast<std::int64_t>(classes.size())});
      classes.push_back(label);
    }
  }

  std::vector<std::string> names_;
  Problems& problems_;
};

}  // namespace

void ImageFolderConfig::fields(FieldVisitor& visit) {
  visit.path("root", root);
  pictures.fields(visit);
}

void ImageFolderConfig::validate() const {
  if (root.empty()) throw ConfigError("'root' is missing; for example root: scenes");
  pictures.validate();
}

std::unique_ptr<PictureContent> make_class_content(std::vector<std::int64_t> classes, std::size_t count) {
  return std::make_unique<ClassContent>(std::move(classes), count);
}

std::shared_ptr<Source> make_image_folder(const ImageFolderConfig& config, const LabelSpec& labels) {
  if (labels.task != Task::kClassification)
    throw ConfigError("image_folder: labels whole images; use task classification");
  if (!fs::is_directory(config.root)) throw DataError(config.root + ": there is no such folder");
  Problems problems(labels.keep_going);
  FolderReader reader(labels, problems);
  bool parts = false;
  for (const char* part : {"train", "val", "test"}) {
    if (!fs::is_directory(fs::path(config.root) / part)) continue;
    reader.take(fs::path(config.root) / part, part);
    parts = true;
  }
  if (!parts) reader.take(config.root, "");
  return make_picture_set(std::move(reader.scenes),
                          make_class_content(std::move(reader.classes), labels.classes.size()),
                          config.pictures, std::move(problems));
}

}  // namespace nadir
