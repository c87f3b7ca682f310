#include "data/sources/kaggle_clouds.h"

#include <map>
#include <set>

#include "core/text.h"
#include "data/csv.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

// Runs as they are kept: half of what Run takes, for tens of thousands of masks.
struct StoredRun {
  std::uint32_t first, length;
};
using ImageMasks = std::vector<std::vector<StoredRun>>;  // by class

MaskResize mask_resize_of(const std::string& name) {
  return name == "overlap"   ? MaskResize::kOverlap
         : name == "nearest" ? MaskResize::kNearest
                             : MaskResize::kFloorNearest;
}

class CloudContent final : public PictureContent {
 public:
  CloudContent(std::vector<ImageMasks> masks, MaskResize resize)
      : masks_(std::move(masks)), resize_(resize) {}

  torch::Tensor load_target(const PictureScene& scene, const PictureSize& size) const override {
    const MaskSize from{scene.info->height, scene.info->width};
    std::vector<torch::Tensor> planes;
    for (const std::vector<StoredRun>& stored : masks_[static_cast<std::size_t>(scene.index)]) {
      std::vector<Run> runs;
      for (const StoredRun& each : stored) runs.push_back({each.first, each.length});
      planes.push_back(resized_mask(runs, from, {size.height, size.width}, resize_));
    }
    return planes.empty() ? torch::Tensor() : torch::stack(planes);
  }

  std::vector<bool> classes_in(const PictureScene& scene) const override {
    std::vector<bool> present;
    for (const auto& runs : masks_[static_cast<std::size_t>(scene.index)]) present.push_back(!runs.empty());
    return present;
  }

 private:
  std::vector<ImageMasks> masks_;  // by PictureScene::index; empty: not labelled
  MaskResize resize_;
};

PictureSetConfig pictures_of(const KaggleCloudsConfig& config) {
  return {.size = config.size,
          .resize = config.resize,
          .color = config.color,
          .scaled_decode = config.scaled_decode,
          .skip_unreadable = config.skip_unreadable};
}

// Reads train.csv line by line into scenes and their masks.
class CloudTable {
 public:
  CloudTable(const KaggleCloudsConfig& config, const LabelSpec& labels, Problems& problems)
      : folder_(fs::path(config.root) / "train_images"),
        file_((fs::path(config.root) / "train.csv").string()),
        skip_unreadable_(config.skip_unreadable),
        problems_(problems) {
    for (std::size_t k = 0; k < labels.classes.size(); ++k) classes_.emplace(labels.classes[k].name, k);
    read(file_);
    find_unlisted();
  }

  std::vector<PictureScene> scenes;
  std::vector<ImageMasks> masks;

 private:
  void read(const fs::path& file) {
    const CsvTable table = read_csv(file, problems_);
    std::size_t names = 0, runs = 0;
    const bool complete = problems_.guard([&] {
      names = table.column("Image_Label");
      runs = table.column("EncodedPixels");
    });
    if (!complete) return;
    for (const CsvRow& row : table.rows) {
      try {
        add(row.fields[names], row.fields[runs]);
      } catch (const DataError& error) {
        problems_.add(table.where(row) + ": " + row.fields[names] + ": " + error.what());
      }
    }
  }

  void add(const std::string& image_label, const std::string& text) {
    const std::size_t bar = image_label.rfind('_');
    if (bar == std::string::npos || bar == 0)
      throw DataError("is not of the form IMAGE_LABEL, such as 0011165.jpg_Fish");
    const std::string image = image_label.substr(0, bar), label = image_label.substr(bar + 1);
    const auto found = classes_.find(label);
    if (found == classes_.end()) {
      std::vector<std::string> names;
      for (const auto& each : classes_) names.push_back(each.first);
      throw DataError("the recipe has no class '" + label + "'; its classes are " + join_words(names));
    }
    if (!rows_.insert(image_label).second) throw DataError("comes twice");
    const std::optional<std::size_t> place = place_of(image);
    if (!place) return;
    const PictureInfo& info = *scenes[*place].info;
    for (const Run& run : decode_runs(text, {info.height, info.width})) {
      masks[*place][found->second].push_back(
          {static_cast<std::uint32_t>(run.first), static_cast<std::uint32_t>(run.length)});
    }
  }

  // Where an image is among the scenes; none when it was found to be unreadable before.
  std::optional<std::size_t> place_of(const std::string& image) {
    const auto [found, is_new] = places_.emplace(image, std::nullopt);
    if (!is_new) return found->second;
    PictureScene scene{.image = (folder_ / image).string(),
                       .id = image,
                       .index = static_cast<std::int64_t>(scenes.size()),
                       .labels = file_};
    if (skip_unreadable_) {
      try {
        scene.info = read_picture_info(scene.image);
      } catch (const DataError&) {
        // The picture set leaves it out, and says so.
        scenes.push_back(scene);
        masks.emplace_back(classes_.size());
        return std::nullopt;
      }
    } else {
      scene.info = read_picture_info(scene.image);
    }
    found->second = scenes.size();
    scenes.push_back(std::move(scene));
    masks.emplace_back(classes_.size());
    return found->second;
  }

  void find_unlisted() {
    if (!problems_.guard([&] { static_cast<void>(pictures_in(folder_.string())); })) return;
    for (const std::string& file : pictures_in(folder_.string())) {
      if (!places_.contains(fs::path(file).filename().string()))
        problems_.add(file + ": has no row in train.csv");
    }
  }

  fs::path folder_;
  std::string file_;
  bool skip_unreadable_;
  Problems& problems_;
  std::map<std::string, std::size_t> classes_;
  std::map<std::string, std::optional<std::size_t>> places_;
  std::set<std::string> rows_;
};

}  // namespace

void KaggleCloudsConfig::fields(FieldVisitor& visit) {
  visit.path("root", root);
  visit.field("size", size, at_least(1));
  visit.field("color", color, {"rgb", "gray"});
  visit.field("resize", resize, {"box", "bilinear", "bicubic", "lanczos", "opencv", "nearest"});
  visit.field("mask_resize", mask_resize, {"overlap", "nearest", "floor_nearest"});
  visit.field("scaled_decode", scaled_decode);
  visit.field("skip_unreadable", skip_unreadable);
}

void KaggleCloudsConfig::validate() const {
  if (root.empty())
    throw ConfigError("'root' is missing; for example root: understanding_cloud_organization");
  pictures_of(*this).validate();
}

std::shared_ptr<Source> make_kaggle_clouds(const KaggleCloudsConfig& config, const LabelSpec& labels) {
  if (labels.task != Task::kMultilabel)
    throw ConfigError(
        "kaggle_clouds: its masks overlap; use task multilabel, or for whole images data.labels: "
        "{from: masks, masks: multilabel}");
  Problems problems(labels.keep_going);
  CloudTable table(config, labels, problems);
  return make_picture_set(
      std::move(table.scenes),
      std::make_unique<CloudContent>(std::move(table.masks), mask_resize_of(config.mask_resize)),
      pictures_of(config), std::move(problems));
}

std::shared_ptr<Source> make_cloud_pictures(const std::string& folder, const KaggleCloudsConfig& config) {
  std::vector<PictureScene> scenes;
  for (const std::string& file : pictures_in(folder)) {
    scenes.push_back({.image = file,
                      .id = fs::path(file).filename().string(),
                      .index = static_cast<std::int64_t>(scenes.size())});
  }
  if (scenes.empty()) throw DataError(no_pictures(folder, "the pictures of test_images (*.jpg)"));
  const std::size_t count = scenes.size();
  return make_picture_set(
      std::move(scenes), std::make_unique<CloudContent>(std::vector<ImageMasks>(count), MaskResize::kNearest),
      pictures_of(config), Problems(false));
}

}  // namespace nadir
