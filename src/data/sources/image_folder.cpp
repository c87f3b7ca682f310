#include "data/sources/image_folder.h"

#include <set>

#include "core/text.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

class ClassContent final : public PictureContent {
 public:
  ClassContent(std::vector<std::vector<std::int64_t>> classes, const LabelSpec& labels)
      : classes_(std::move(classes)),
        count_(labels.classes.size()),
        multilabel_(is_multilabel(labels.task)) {}
  torch::Tensor load_target(const PictureScene& scene, const PictureSize&) const override {
    const std::vector<std::int64_t>& own = classes_[static_cast<std::size_t>(scene.index)];
    if (!multilabel_) return torch::scalar_tensor(own.front(), torch::kInt64);
    torch::Tensor target = torch::zeros({static_cast<std::int64_t>(count_)}, torch::kUInt8);
    for (const std::int64_t k : own) target[k] = 1;
    return target;
  }
  std::vector<bool> classes_in(const PictureScene& scene) const override {
    std::vector<bool> present(count_);
    for (const std::int64_t k : classes_[static_cast<std::size_t>(scene.index)])
      present[static_cast<std::size_t>(k)] = true;
    return present;
  }

 private:
  std::vector<std::vector<std::int64_t>> classes_;
  std::size_t count_;
  bool multilabel_;
};

class FolderReader {
 public:
  FolderReader(const LabelSpec& labels, const std::vector<std::string>& background, Problems& problems)
      : names_(class_names(labels.classes)), background_(background), problems_(problems) {}

  // A folder with a folder for each class.
  void take(const fs::path& folder, const std::string& part) {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_directory()) found.insert(entry.path().filename().string());
      if (entry.is_regular_file() && is_picture(entry.path()))
        problems_.add(entry.path().string() + ": lies in no class's folder");
    }
    for (const std::string& name : found) {
      if (!is_one_of(name, names_) && !is_one_of(name, background_)) {
        problems_.add((folder / name).string() + ": the recipe has no class '" + name +
                      "'; its classes are " + join_words(names_));
      }
    }
    for (std::size_t k = 0; k < names_.size(); ++k)
      take_folder(folder / names_[k], {static_cast<std::int64_t>(k)}, part);
    for (const std::string& name : background_) take_folder(folder / name, {}, part);
  }

  std::vector<PictureScene> scenes;
  std::vector<std::vector<std::int64_t>> classes;

 private:
  static bool is_one_of(const std::string& name, const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  void take_folder(const fs::path& folder, const std::vector<std::int64_t>& own, const std::string& part) {
    std::vector<std::string> files;
    if (!problems_.guard([&] { files = pictures_in(folder.string(), true); })) return;
    if (files.empty()) problems_.add(folder.string() + ": has no picture (.png, .jpg, .jpeg)");
    for (const std::string& file : files) {
      scenes.push_back({.image = file, .part = part, .index = static_cast<std::int64_t>(classes.size())});
      classes.push_back(own);
    }
  }

  std::vector<std::string> names_, background_;
  Problems& problems_;
};

}  // namespace

void ImageFolderConfig::fields(FieldVisitor& visit) {
  visit.path("root", root);
  visit.field("background", background);
  pictures.fields(visit);
}

void ImageFolderConfig::validate() const {
  if (root.empty()) throw ConfigError("'root' is missing; for example root: scenes");
  pictures.validate();
}

std::unique_ptr<PictureContent> make_class_content(std::vector<std::vector<std::int64_t>> classes,
                                                   const LabelSpec& labels) {
  return std::make_unique<ClassContent>(std::move(classes), labels);
}

std::shared_ptr<Source> make_image_folder(const ImageFolderConfig& config, const LabelSpec& labels) {
  if (!labels_images(labels.task))
    throw ConfigError(
        "image_folder: labels whole images; use task classification or multilabel_classification");
  if (!config.background.empty() && !is_multilabel(labels.task))
    throw ConfigError(
        "image_folder: background is for multilabel_classification; in classification every "
        "picture has a class");
  if (!fs::is_directory(config.root)) throw DataError(config.root + ": there is no such folder");
  Problems problems(labels.keep_going);
  FolderReader reader(labels, config.background, problems);
  bool parts = false;
  for (const char* part : {"train", "val", "test"}) {
    if (!fs::is_directory(fs::path(config.root) / part)) continue;
    reader.take(fs::path(config.root) / part, part);
    parts = true;
  }
  if (!parts) reader.take(config.root, "");
  return make_picture_set(std::move(reader.scenes), make_class_content(std::move(reader.classes), labels),
                          config.pictures, std::move(problems));
}

}  // namespace nadir
