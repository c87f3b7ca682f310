#include "data/sources/cityscapes.h"

#include "data/sources/cityscapes_classes.h"
#include "data/sources/cityscapes_pairs.h"
#include "data/sources/mask_content.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kImageEnd = "_leftImg8bit.png";

PictureMask::Table table_of_ids(const std::vector<ClassInfo>& classes) {
  PictureMask::Table table;
  table.labels = "value";
  table.advice = "Cityscapes has label ids 0 to 33; is this a labelIds file?";
  const std::vector<LabelColor> labels = cityscapes_label_colors(classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const int id = cityscapes_classes()[i].id;
    // License plates have id -1, which 8 bits store as 255.
    table.by_value[id < 0 ? 255 : id] = labels[i].label;
  }
  return table;
}

// leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png: its label file.
std::string label_file(const CityscapesConfig& config, const fs::path& image, const std::string& part) {
  std::string name = image.filename().string();
  name.erase(name.size() - kImageEnd.size());
  return (fs::path(config.root) / config.labels / part / image.parent_path().filename() /
          (name + "_" + config.labels + "_labelIds.png"))
      .string();
}

}  // namespace

void CityscapesConfig::fields(FieldVisitor& visit) {
  visit.path("root", root);
  visit.field("labels", labels, {"gtFine", "gtCoarse", "none"});
  pictures.fields(visit);
}

void CityscapesConfig::validate() const {
  if (root.empty()) throw ConfigError("'root' is missing; for example root: cityscapes");
  pictures.validate();
}

std::shared_ptr<Source> make_cityscapes(const CityscapesConfig& config, const LabelSpec& labels) {
  if (labels.task != Task::kMulticlass) throw ConfigError("cityscapes: is for task multiclass");
  Problems problems(labels.keep_going);
  std::vector<PictureScene> scenes;
  std::vector<std::string> masks;
  for (const std::string part : {"train", "val", "test"}) {
    const fs::path folder = fs::path(config.root) / "leftImg8bit" / part;
    if (!fs::is_directory(folder)) continue;
    for (const std::string& image : pictures_in(folder.string(), true)) {
      if (!image.ends_with(kImageEnd)) continue;
      std::string mask = config.labels == "none" ? "" : label_file(config, image, part);
      if (!mask.empty() && !fs::exists(mask)) {
        problems.add(image + ": has no labels; there is no file " + mask);
        continue;
      }
      scenes.push_back({.image = image, .part = part, .index = static_cast<std::int64_t>(masks.size())});
      masks.push_back(std::move(mask));
    }
  }
  if (scenes.empty())
    problems.add(config.root + ": has no leftImg8bit/train, val or test with pictures *_leftImg8bit.png");
  return make_picture_set(std::move(scenes),
                          make_mask_content(std::move(masks), table_of_ids(labels.classes)), config.pictures,
                          std::move(problems));
}

}  // namespace nadir
