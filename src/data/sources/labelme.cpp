#include "data/sources/labelme.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "core/text.h"
#include "data/sources/shape_content.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int kCircleCorners = 64;

std::vector<PolygonPoint> points_of(const Json& shape) {
  std::vector<PolygonPoint> points;
  for (const Json& point : shape.at("points"))
    points.push_back({point.at(0).get<double>(), point.at(1).get<double>()});
  return points;
}

std::vector<PolygonPoint> circle(const PolygonPoint& center, const PolygonPoint& on_it) {
  const double radius = std::hypot(on_it.x - center.x, on_it.y - center.y);
  std::vector<PolygonPoint> ring;
  for (int i = 0; i < kCircleCorners; ++i) {
    const double angle = 2 * std::numbers::pi * i / kCircleCorners;
    ring.push_back({center.x + radius * std::cos(angle), center.y + radius * std::sin(angle)});
  }
  return ring;
}

std::vector<PolygonPoint> ring_of(const Json& shape) {
  const std::string type = shape.value("shape_type", "polygon");
  std::vector<PolygonPoint> points = points_of(shape);
  if (type == "polygon") return points;
  if (type != "rectangle" && type != "circle") {
    throw DataError("is of type '" + type + "'; polygon, rectangle and circle have pixels");
  }
  if (points.size() != 2)
    throw DataError("is a " + type + " of " + std::to_string(points.size()) + " points; it has two");
  if (type == "circle") return circle(points[0], points[1]);
  return {points[0], {points[1].x, points[0].y}, points[1], {points[0].x, points[1].y}};
}

class LabelmeReader {
 public:
  LabelmeReader(const LabelmeConfig& config, const LabelSpec& labels, Problems& problems)
      : config_(config), names_(class_names(labels.classes)), problems_(problems) {}

  void take(const std::string& folder, const std::string& part) {
    for (const std::string& image : pictures_in(folder)) {
      const std::string file = fs::path(image).replace_extension(".json").string();
      if (!fs::exists(file)) {
        problems_.add(image + ": has no labels; there is no file " + file);
        continue;
      }
      PictureScene scene{
          .image = image, .part = part, .index = static_cast<std::int64_t>(shapes.size()), .labels = file};
      std::vector<LabelShape> read;
      const bool good = problems_.guard([&] {
        if (!config_.pictures.skip_unreadable) scene.info = read_picture_info(image);
        read = read_file(file, scene.info);
      });
      if (!good) continue;
      scenes.push_back(std::move(scene));
      shapes.push_back(std::move(read));
    }
  }

  std::vector<PictureScene> scenes;
  std::vector<std::vector<LabelShape>> shapes;

 private:
  std::vector<LabelShape> read_file(const std::string& file, const std::optional<PictureInfo>& image) {
    try {
      const Json json = Json::parse(read_text_file(file));
      if (image) check_size(file, json, *image);
      std::vector<LabelShape> read;
      std::size_t number = 0;
      for (const Json& shape : json.at("shapes")) {
        const std::string label = shape.at("label");
        const std::string where = file + ": shape " + std::to_string(++number) + " ('" + label + "') ";
        problems_.guard([&] { read.push_back(read_shape(shape, label, where)); });
      }
      return read;
    } catch (const Json::exception& error) {
      throw DataError(file + ": is not a file of labelme: " + error.what());
    }
  }

  LabelShape read_shape(const Json& shape, const std::string& label, const std::string& where) const {
    LabelShape read;
    const auto found = std::find(names_.begin(), names_.end(), label);
    const auto& ignored = config_.ignore_classes;
    if (found != names_.end()) {
      read.label = static_cast<std::uint8_t>(found - names_.begin());
    } else if (std::find(ignored.begin(), ignored.end(), label) != ignored.end()) {
      read.label = static_cast<std::uint8_t>(kIgnore);
    } else {
      throw DataError(where + "has a label that is no class; the recipe's are " + join_words(names_) +
                      ". List it in ignore_classes if its pixels do not count");
    }
    try {
      read.rings.push_back(ring_of(shape));
    } catch (const DataError& error) {
      throw DataError(where + error.what());
    }
    if (const std::string fault = ring_fault(read.rings[0]); !fault.empty()) throw DataError(where + fault);
    return read;
  }

  static void check_size(const std::string& file, const Json& json, const PictureInfo& image) {
    const std::int64_t height = json.value("imageHeight", image.height),
                       width = json.value("imageWidth", image.width);
    if (height == image.height && width == image.width) return;
    throw DataError(file + ": is for a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                    " pixels, and " + image.path + " has " + std::to_string(image.width) + " x " +
                    std::to_string(image.height));
  }

  const LabelmeConfig& config_;
  std::vector<std::string> names_;
  Problems& problems_;
};

}  // namespace

void LabelmeConfig::fields(FieldVisitor& visit) {
  visit.path("root", root);
  visit.field("background", background);
  visit.field("ignore_classes", ignore_classes);
  pictures.fields(visit);
}

void LabelmeConfig::validate() const {
  if (root.empty()) throw ConfigError("'root' is missing; for example root: labelled");
  pictures.validate();
}

std::shared_ptr<Source> make_labelme(const LabelmeConfig& config, const LabelSpec& labels) {
  if (labels_images(labels.task))
    throw ConfigError("labelme: labels pixels; use task multiclass or multilabel");
  const std::uint8_t background = background_label(config.background, labels);
  Problems problems(labels.keep_going);
  LabelmeReader reader(config, labels, problems);
  bool parts = false;
  for (const char* part : {"train", "val", "test"}) {
    const fs::path folder = fs::path(config.root) / part;
    if (!fs::is_directory(folder)) continue;
    reader.take(folder.string(), part);
    parts = true;
  }
  if (!parts) reader.take(config.root, "");
  if (reader.scenes.empty() && problems.list().empty())
    problems.add(no_pictures(config.root, "pictures with a file of labelme beside each (a.jpg, a.json)"));
  return make_picture_set(std::move(reader.scenes),
                          make_shape_content(std::move(reader.shapes), background, labels), config.pictures,
                          std::move(problems));
}

}  // namespace nadir
