#include "data/sources/csv_list.h"

#include <set>
#include <sstream>

#include "core/text.h"
#include "data/csv.h"
#include "data/sources/image_folder.h"
#include "data/sources/mask_content.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

class ListReader {
 public:
  ListReader(const CsvListConfig& config, const LabelSpec& labels, Problems& problems)
      : config_(config),
        names_(class_names(labels.classes)),
        by_class_(labels_images(labels.task)),
        multilabel_(is_multilabel(labels.task)),
        problems_(problems) {}

  void read() {
    const CsvTable table = read_csv(config_.file, problems_);
    std::size_t image = 0, label = 0;
    const bool complete = problems_.guard([&] {
      image = table.column(config_.image);
      label = table.column(by_class_ ? config_.label : config_.mask);
    });
    if (!complete) return;
    const bool parts = table.has_column(config_.part);
    const std::size_t part = parts ? table.column(config_.part) : 0;
    for (const CsvRow& row : table.rows) {
      try {
        add(row.fields[image], row.fields[label], parts ? row.fields[part] : "");
      } catch (const DataError& error) {
        problems_.add(table.where(row) + ": " + error.what());
      }
    }
  }

  std::vector<PictureScene> scenes;
  std::vector<std::string> masks;
  std::vector<std::vector<std::int64_t>> classes;

 private:
  std::int64_t class_of(const std::string& name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end())
      throw DataError("the recipe has no class '" + name + "'; its classes are " + join_words(names_));
    return found - names_.begin();
  }

  // "sea; beach"
  std::vector<std::int64_t> classes_of(const std::string& label) const {
    if (!multilabel_) return {class_of(label)};
    std::vector<std::int64_t> found;
    std::istringstream names(label);
    for (std::string name; std::getline(names, name, ';');) {
      const auto first = name.find_first_not_of(' ');
      if (first == std::string::npos) continue;
      found.push_back(class_of(name.substr(first, name.find_last_not_of(' ') - first + 1)));
    }
    return found;
  }

  std::string path_of(const std::string& name) const {
    return (fs::path(config_.file).parent_path() / name).string();
  }

  void add(const std::string& image, const std::string& label, const std::string& part) {
    if (!part.empty() && part != "train" && part != "val" && part != "test") {
      throw DataError("'" + part + "' is no part; use train, val or test");
    }
    if (!seen_.insert(image).second) throw DataError(image + " comes twice");
    PictureScene scene{.image = path_of(image),
                       .part = part,
                       .index = static_cast<std::int64_t>(scenes.size()),
                       .labels = config_.file};
    if (!fs::exists(scene.image)) throw DataError(scene.image + ": there is no such file");
    if (by_class_) {
      classes.push_back(classes_of(label));
    } else {
      if (label.empty()) throw DataError(image + " has no mask");
      masks.push_back(path_of(label));
      if (!fs::exists(masks.back())) {
        const std::string missing = masks.back();
        masks.pop_back();
        throw DataError(missing + ": there is no such file");
      }
    }
    scenes.push_back(std::move(scene));
  }

  const CsvListConfig& config_;
  std::vector<std::string> names_;
  bool by_class_, multilabel_;
  Problems& problems_;
  std::set<std::string> seen_;
};

}  // namespace

void CsvListConfig::fields(FieldVisitor& visit) {
  visit.path("file", file);
  visit.field("image", image);
  visit.field("mask", mask);
  visit.field("label", label);
  visit.field("part", part);
  masks.fields(visit);
  pictures.fields(visit);
}

void CsvListConfig::validate() const {
  if (file.empty()) throw ConfigError("'file' is missing; for example file: images.csv");
  pictures.validate();
}

std::shared_ptr<Source> make_csv_list(const CsvListConfig& config, const LabelSpec& labels) {
  if (labels.task == Task::kMultilabel)
    throw ConfigError(
        "csv: lists masks of one class a pixel, or classes of whole images; use another task than "
        "multilabel");
  Problems problems(labels.keep_going);
  ListReader reader(config, labels, problems);
  reader.read();
  if (reader.scenes.empty() && problems.list().empty()) problems.add(config.file + ": lists no picture");
  auto content = labels_images(labels.task) ? make_class_content(std::move(reader.classes), labels)
                                            : make_mask_content(std::move(reader.masks),
                                                                PictureMask::table_of(config.masks, labels));
  return make_picture_set(std::move(reader.scenes), std::move(content), config.pictures, std::move(problems));
}

}  // namespace nadir
