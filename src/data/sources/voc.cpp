#include "data/sources/voc.h"

#include <set>
#include <sstream>

#include "data/sources/color_classes.h"
#include "data/sources/mask_content.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kVoid = 255;

// Pictures and masks as they are found.
struct Pairs {
  std::vector<PictureScene> scenes;
  std::vector<std::string> masks;

  void add(const std::string& image, const std::string& mask, const std::string& part) {
    scenes.push_back({.image = image, .part = part, .index = static_cast<std::int64_t>(masks.size())});
    masks.push_back(mask);
  }
};

std::vector<std::string> names_in(const fs::path& list) {
  std::istringstream lines(read_text_file(list));
  std::vector<std::string> names;
  for (std::string name; lines >> name;) names.push_back(name);
  return names;
}

PictureMask::Table voc_table(const LabelSpec& labels) {
  PictureMask::Table table;
  table.advice = "VOC's numbers are the classes' values, and 255 does not count";
  for (std::size_t k = 0; k < labels.classes.size(); ++k) {
    const std::int64_t value = labels.classes[k].value;
    table.by_value.emplace(value, static_cast<std::uint8_t>(k));
    table.by_color.emplace(voc_color(value), static_cast<std::uint8_t>(k));
  }
  table.by_value.emplace(kVoid, kVoid);
  table.by_color.emplace(voc_color(kVoid), kVoid);
  return table;
}

// Folders of pictures and of their masks.
struct FolderPair {
  fs::path images, masks;
  std::string part;
};

std::vector<FolderPair> camvid_folders(const fs::path& root) {
  std::vector<FolderPair> found;
  const auto add = [&](const std::string& images, const std::string& masks, const std::string& part) {
    if (fs::is_directory(root / images) && fs::is_directory(root / masks))
      found.push_back({root / images, root / masks, part});
  };
  for (const std::string part : {"train", "val", "test"}) {
    add(part, part + "_labels", part);
    add(part, part + "annot", part);
  }
  if (found.empty()) add("701_StillsRaw_full", "LabeledApproved_full", "");
  if (found.empty()) add("images", "labels", "");
  return found;
}

// NAME.png or NAME_L.png of a folder; "" where there is neither.
std::string camvid_mask(const fs::path& folder, const std::string& image) {
  const std::string stem = fs::path(image).stem().string();
  for (const std::string& name : {stem + "_L.png", stem + ".png"}) {
    if (fs::exists(folder / name)) return (folder / name).string();
  }
  return "";
}

std::string camvid_colors(const CamvidConfig& config) {
  if (!config.class_colors.empty()) return config.class_colors;
  for (const char* name : {"class_dict.csv", "label_colors.txt"}) {
    if (fs::exists(fs::path(config.root) / name)) return (fs::path(config.root) / name).string();
  }
  return "";
}

void check_masks(const LabelSpec& labels, const std::string& source) {
  if (labels.task != Task::kMulticlass) throw ConfigError(source + ": is for task multiclass");
}

}  // namespace

std::uint32_t voc_color(std::int64_t value) {
  std::uint32_t color = 0;
  for (int bit = 7; value != 0; value >>= 3, --bit) {
    color |= static_cast<std::uint32_t>(value & 1) << (16 + bit) |
             static_cast<std::uint32_t>(value >> 1 & 1) << (8 + bit) |
             static_cast<std::uint32_t>(value >> 2 & 1) << bit;
  }
  return color;
}

void VocConfig::fields(FieldVisitor& visit) {
  visit.path("root", root);
  pictures.fields(visit);
}

void VocConfig::validate() const {
  if (root.empty()) throw ConfigError("'root' is missing; for example root: VOCdevkit/VOC2012");
  pictures.validate();
}

std::shared_ptr<Source> make_voc(const VocConfig& config, const LabelSpec& labels) {
  check_masks(labels, "voc");
  Problems problems(labels.keep_going);
  const fs::path root = config.root, lists = root / "ImageSets" / "Segmentation";
  Pairs pairs;
  for (const std::string part : {"train", "val", "test"}) {
    const fs::path list = lists / (part + ".txt");
    if (!fs::exists(list)) continue;
    for (const std::string& name : names_in(list)) {
      const fs::path image = root / "JPEGImages" / (name + ".jpg"),
                     mask = root / "SegmentationClass" / (name + ".png");
      if (!fs::exists(image)) {
        problems.add(list.string() + ": names " + name + ", and there is no file " + image.string());
      } else if (!fs::exists(mask)) {
        problems.add(image.string() + ": has no mask; there is no file " + mask.string());
      } else {
        pairs.add(image.string(), mask.string(), part);
      }
    }
  }
  if (pairs.scenes.empty())
    problems.add(lists.string() + ": has no list train.txt, val.txt or test.txt that names a picture");
  return make_picture_set(std::move(pairs.scenes),
                          make_mask_content(std::move(pairs.masks), voc_table(labels)), config.pictures,
                          std::move(problems));
}

void CamvidConfig::fields(FieldVisitor& visit) {
  visit.path("root", root);
  visit.path("class_colors", class_colors);
  visit.field("ignore_classes", ignore_classes);
  pictures.fields(visit);
}

void CamvidConfig::validate() const {
  if (root.empty()) throw ConfigError("'root' is missing; for example root: CamVid");
  pictures.validate();
}

std::shared_ptr<Source> make_camvid(const CamvidConfig& config, const LabelSpec& labels) {
  check_masks(labels, "camvid");
  const std::string colors = camvid_colors(config);
  PictureMask::Table table = colors.empty() ? PictureMask::table_of({.labels = "value"}, labels)
                                            : table_of_colors(colors, config.ignore_classes, labels);
  Problems problems(labels.keep_going);
  Pairs pairs;
  for (const FolderPair& folder : camvid_folders(config.root)) {
    std::set<std::string> used;
    for (const std::string& image : pictures_in(folder.images.string())) {
      const std::string mask = camvid_mask(folder.masks, image);
      if (mask.empty()) {
        problems.add(image + ": has no mask in " + folder.masks.string());
        continue;
      }
      used.insert(mask);
      pairs.add(image, mask, folder.part);
    }
    for (const std::string& mask : pictures_in(folder.masks.string())) {
      if (!used.contains(mask)) problems.add(mask + ": has no picture in " + folder.images.string());
    }
  }
  if (pairs.scenes.empty())
    problems.add(config.root +
                 ": has neither train/ and train_labels/ (or trainannot/), nor images/ and labels/");
  return make_picture_set(std::move(pairs.scenes),
                          make_mask_content(std::move(pairs.masks), std::move(table)), config.pictures,
                          std::move(problems));
}

}  // namespace nadir
