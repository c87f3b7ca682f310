#include "data/sources/coco.h"

#include <map>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "data/sources/shape_content.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;
using CocoJson = nlohmann::json;

std::string part_of_name(const std::string& file) {
  const std::string name = fs::path(file).stem().string();
  for (const char* part : {"train", "val", "test"}) {
    if (name.find(part) != std::string::npos) return part;
  }
  return "";
}

std::vector<PolygonPoint> ring_of_numbers(const CocoJson& numbers) {
  if (numbers.size() % 2 != 0)
    throw DataError("has a polygon of " + std::to_string(numbers.size()) + " numbers; they come in pairs");
  std::vector<PolygonPoint> ring;
  for (std::size_t i = 0; i < numbers.size(); i += 2)
    ring.push_back({numbers[i].get<double>(), numbers[i + 1].get<double>()});
  return ring;
}

void read_segmentation(const CocoJson& segmentation, const PictureInfo& image, LabelShape& shape) {
  if (segmentation.is_array()) {
    for (const CocoJson& numbers : segmentation) {
      shape.rings.push_back(ring_of_numbers(numbers));
      if (const std::string fault = ring_fault(shape.rings.back()); !fault.empty())
        throw DataError("has a polygon that " + fault);
    }
    return;
  }
  const MaskSize size{segmentation.at("size").at(0), segmentation.at("size").at(1)};
  if (size != MaskSize{image.height, image.width}) {
    throw DataError("has run lengths for " + std::to_string(size.width) + " x " +
                    std::to_string(size.height) + " pixels, and its picture has " +
                    std::to_string(image.width) + " x " + std::to_string(image.height));
  }
  const CocoJson& counts = segmentation.at("counts");
  shape.runs = counts.is_string() ? runs_of_packed_counts(counts.get<std::string>(), size)
                                  : runs_of_counts(counts.get<std::vector<std::int64_t>>(), size);
}

class CocoReader {
 public:
  CocoReader(const CocoConfig& config, const LabelSpec& labels, Problems& problems)
      : config_(config), names_(class_names(labels.classes)), problems_(problems) {}

  void take(const std::string& file, const std::string& folder) {
    try {
      const CocoJson json = CocoJson::parse(read_text_file(file));
      places_.clear();
      labels_.clear();
      for (const CocoJson& category : json.at("categories")) labels_[category.at("id")] = category.at("name");
      for (const CocoJson& image : json.at("images"))
        problems_.guard([&] { take_image(image, file, folder); });
      for (const CocoJson& each : json.at("annotations")) {
        const std::string where =
            file + ": annotation " + (each.contains("id") ? each["id"].dump() : "without an id") + " ";
        problems_.guard([&] { take_annotation(each, where); });
      }
    } catch (const CocoJson::exception& error) {
      throw DataError(file + ": is not a file of COCO annotations: " + error.what());
    }
  }

  std::vector<PictureScene> scenes;
  std::vector<std::vector<LabelShape>> shapes;

 private:
  void take_image(const CocoJson& image, const std::string& file, const std::string& folder) {
    const std::string name = image.at("file_name");
    PictureScene scene{.image = (fs::path(folder) / name).string(),
                       .part = part_of_name(file),
                       .index = static_cast<std::int64_t>(shapes.size()),
                       .labels = file};
    PictureInfo info;
    if (config_.pictures.skip_unreadable) {
      info = {.path = scene.image, .height = image.at("height"), .width = image.at("width"), .palette = {}};
    } else {
      info = read_picture_info(scene.image);
      if (image.value("height", info.height) != info.height ||
          image.value("width", info.width) != info.width) {
        throw DataError(file + ": says that " + name + " has " + image["width"].dump() + " x " +
                        image["height"].dump() + " pixels; it has " + std::to_string(info.width) + " x " +
                        std::to_string(info.height));
      }
      scene.info = info;
    }
    if (!places_.emplace(image.at("id").get<std::int64_t>(), Place{shapes.size(), info}).second) {
      throw DataError(file + ": the image id " + image["id"].dump() + " comes twice");
    }
    scenes.push_back(std::move(scene));
    shapes.emplace_back();
  }

  void take_annotation(const CocoJson& each, const std::string& where) {
    const auto place = places_.find(each.at("image_id").get<std::int64_t>());
    if (place == places_.end())
      throw DataError(where + "is of image " + each["image_id"].dump() +
                      ", which is not listed, or cannot be read");
    LabelShape shape;
    try {
      shape.label = label_of(each.at("category_id"), each.value("iscrowd", 0) != 0);
      read_segmentation(each.at("segmentation"), place->second.info, shape);
    } catch (const DataError& error) {
      throw DataError(where + error.what());
    }
    shapes[place->second.index].push_back(std::move(shape));
  }

  std::uint8_t label_of(std::int64_t category, bool crowd) const {
    const auto named = labels_.find(category);
    if (named == labels_.end())
      throw DataError("has the category " + std::to_string(category) + ", which is not listed");
    const auto& ignored = config_.ignore_classes;
    const bool counts = std::find(ignored.begin(), ignored.end(), named->second) == ignored.end();
    const auto found = std::find(names_.begin(), names_.end(), named->second);
    if (counts && found == names_.end()) {
      throw DataError("has the category '" + named->second + "', which is no class; the recipe's are " +
                      join_words(names_) + ". List it in ignore_classes if its pixels do not count");
    }
    if (!counts || (crowd && config_.crowd == "ignore")) return static_cast<std::uint8_t>(kIgnore);
    return static_cast<std::uint8_t>(found - names_.begin());
  }

  struct Place {
    std::size_t index;
    PictureInfo info;
  };
  const CocoConfig& config_;
  std::vector<std::string> names_;
  Problems& problems_;
  std::map<std::int64_t, Place> places_;
  std::map<std::int64_t, std::string> labels_;
};

}  // namespace

void CocoConfig::fields(FieldVisitor& visit) {
  visit.paths("annotations", annotations);
  visit.paths("images", images);
  visit.field("background", background);
  visit.field("ignore_classes", ignore_classes);
  visit.field("crowd", crowd, {"ignore", "class"});
  pictures.fields(visit);
}

void CocoConfig::validate() const {
  if (annotations.empty())
    throw ConfigError(
        "'annotations' is missing; for example annotations: annotations/instances_train2017.json");
  if (images.size() != annotations.size()) {
    throw ConfigError("images: one folder for each of the " +
                      counted(static_cast<std::int64_t>(annotations.size()), "file") +
                      " of annotations; found " + std::to_string(images.size()));
  }
  pictures.validate();
}

std::shared_ptr<Source> make_coco(const CocoConfig& config, const LabelSpec& labels) {
  if (labels_images(labels.task))
    throw ConfigError(
        "coco: labels pixels; use task multiclass or multilabel, or data.labels: {from: masks}");
  const std::uint8_t background = background_label(config.background, labels);
  Problems problems(labels.keep_going);
  CocoReader reader(config, labels, problems);
  for (std::size_t i = 0; i < config.annotations.size(); ++i)
    reader.take(config.annotations[i], config.images[i]);
  if (reader.scenes.empty() && problems.list().empty())
    problems.add(join_words(config.annotations) + ": list no picture");
  return make_picture_set(std::move(reader.scenes),
                          make_shape_content(std::move(reader.shapes), background, labels), config.pictures,
                          std::move(problems));
}

}  // namespace nadir
