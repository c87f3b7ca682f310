#include "data/sources/cityscapes_pairs.h"

#include "core/text.h"
#include "data/sources/cityscapes_classes.h"
#include "data/sources/picture_mask.h"
#include "pictures/resample.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr auto kNoLabel = static_cast<std::uint8_t>(kIgnore);

// The place of a class in the recipe, or kIgnore.
std::uint8_t label_named(const std::vector<ClassInfo>& classes, std::string_view name) {
  for (std::size_t k = 0; k < classes.size(); ++k) {
    if (classes[k].name == name) return static_cast<std::uint8_t>(k);
  }
  return kNoLabel;
}

std::vector<LabelColor> own_colors(const std::vector<PairColor>& colors,
                                   const std::vector<ClassInfo>& classes) {
  std::vector<LabelColor> result;
  for (const PairColor& each : colors) {
    const std::uint32_t rgb = parse_rgb("colors", each.color);
    const std::uint8_t label = each.name.empty() ? kNoLabel : label_named(classes, each.name);
    if (label == kNoLabel && !each.name.empty()) {
      throw ConfigError("colors: there is no class '" + each.name + "' in the recipe; its classes are " +
                        join_words(class_names(classes)));
    }
    result.push_back({{static_cast<std::uint8_t>(rgb >> 16), static_cast<std::uint8_t>(rgb >> 8 & 255),
                       static_cast<std::uint8_t>(rgb & 255)},
                      label});
  }
  return result;
}

class PairContent final : public PictureContent {
 public:
  PairContent(const CityscapesPairsConfig& config, const LabelSpec& labels)
      : config_(config),
        nearest_(config.colors.empty() ? cityscapes_label_colors(labels.classes)
                                       : own_colors(config.colors, labels.classes)) {}

  PictureSize final_size(const PictureScene& scene, const PictureSetConfig&) const override {
    const PictureInfo& file = *scene.info;
    const std::int64_t height = config_.size > 0 ? config_.size : file.height;
    const std::int64_t pair = file.width * height / file.height;
    if (pair % 2 != 0 || pair * file.height != file.width * height) {
      throw DataError(file.path + ": is a pair of " + std::to_string(file.width) + " x " +
                      std::to_string(file.height) +
                      " pixels, whose halves have no whole width at a height of " + std::to_string(height));
    }
    return {height, pair / 2};
  }

  Sample load(const PictureScene& scene, const PictureSetConfig&) const override {
    const Picture pair = read(scene);
    Sample sample;
    if (config_.shrink == "before_decode") {
      const torch::Tensor planes = shrunk(scene, pair.pixels, 2);
      const std::int64_t half = planes.size(2) / 2;
      sample.image = planes.narrow(2, 0, half).contiguous();
      sample.target = nearest_.labels(planes.narrow(2, half, half));
      return sample;
    }
    const std::int64_t half = pair.info.width / 2;
    sample.image = shrunk(scene, pair.pixels.narrow(1, 0, half).contiguous(), 1);
    const torch::Tensor colors = pair.pixels.narrow(1, half, half).permute({2, 0, 1});
    sample.target = resize_nearest(nearest_.labels(colors), sample.image.size(1), sample.image.size(2));
    return sample;
  }

  torch::Tensor load_target(const PictureScene& scene, const PictureSize&) const override {
    return load(scene, {}).target;
  }

 private:
  Picture read(const PictureScene& scene) const {
    PictureOptions options{.color = PictureColor::kRgb};
    if (config_.scaled_decode) {
      const PictureSize size = final_size(scene, {});
      options.least_height = size.height;
      options.least_width = 2 * size.width;
    }
    return read_picture(scene.image, options);
  }

  // pixels: [H, W, 3], the pair (2 halves) or the photo alone (1); gives [3, height, halves * width].
  torch::Tensor shrunk(const PictureScene& scene, const torch::Tensor& pixels, std::int64_t halves) const {
    const PictureSize size = final_size(scene, {});
    const Resampler::Size from{pixels.size(0), pixels.size(1)}, to{size.height, halves * size.width};
    if (from == full_.from && halves == 2) return full_.resampler(pixels);
    return Resampler(from, to, ResampleFilter::kBicubic)(pixels);
  }

  // Pairs of one set are mostly 512 x 256: the weights for that are made once.
  struct Prepared {
    Resampler::Size from;
    Resampler resampler;
  };
  static Prepared prepare(std::int64_t size) {
    const Resampler::Size from{256, 512}, to{size > 0 ? size : 256, size > 0 ? 2 * size : 512};
    return {from, Resampler(from, to, ResampleFilter::kBicubic)};
  }

  CityscapesPairsConfig config_;
  NearestColor nearest_;
  Prepared full_ = prepare(config_.size);
};

std::vector<PictureScene> find_pairs(const std::string& root, Problems& problems) {
  std::vector<PictureScene> scenes;
  const auto take = [&](const std::string& folder, const std::string& part) {
    for (const std::string& file : pictures_in(folder)) {
      const std::string name = fs::path(file).filename().string();
      scenes.push_back({.image = file, .id = part.empty() ? name : part + "/" + name, .part = part});
    }
  };
  for (const char* part : {"train", "val", "test"}) {
    const fs::path folder = fs::path(root) / part;
    if (fs::is_directory(folder)) take(folder.string(), part);
  }
  if (scenes.empty()) take(root, "");
  if (scenes.empty()) {
    problems.add(
        no_pictures(root, "train/*.jpg and val/*.jpg, or the pairs themselves, photo left and label right"));
  }
  return scenes;
}

}  // namespace

void PairColor::fields(FieldVisitor& visit) {
  visit.field("color", color);
  visit.field("name", name);
}

void CityscapesPairsConfig::fields(FieldVisitor& visit) {
  visit.path("root", root);
  visit.field("size", size, at_least(0));
  visit.field("shrink", shrink, {"before_decode", "after_decode"});
  visit.field("scaled_decode", scaled_decode);
  visit.field("colors", colors);
  visit.field("skip_unreadable", skip_unreadable);
}

void CityscapesPairsConfig::validate() const {
  if (root.empty()) throw ConfigError("'root' is missing; for example root: cityscapes");
  if (scaled_decode && size == 0)
    throw ConfigError("scaled_decode: needs size, which says how small pictures may be decoded");
  if (scaled_decode && shrink == "after_decode")
    throw ConfigError(
        "scaled_decode: blurs the label's colours before they are decoded; use shrink: before_decode, or "
        "leave it out");
}

std::vector<LabelColor> cityscapes_label_colors(const std::vector<ClassInfo>& classes) {
  for (const ClassInfo& each : classes) {
    bool known = false;
    for (const CityscapesClass& one : cityscapes_classes()) {
      known = known || one.category == each.name || one.name == each.name;
    }
    if (!known) {
      std::vector<std::string> names;
      for (const CityscapesClass& one : cityscapes_classes()) names.emplace_back(one.name);
      throw ConfigError("classes: Cityscapes has no class '" + each.name + "'; use its 35 names (" +
                        join_words(names) +
                        "), its 8 categories (void, flat, construction, "
                        "object, nature, sky, human, vehicle), or colors");
    }
  }
  std::vector<LabelColor> colors;
  for (const CityscapesClass& one : cityscapes_classes()) {
    const std::uint8_t named = label_named(classes, one.name), grouped = label_named(classes, one.category);
    colors.push_back({one.color, named != kNoLabel ? named : grouped});
  }
  return colors;
}

std::shared_ptr<Source> make_cityscapes_pairs(const CityscapesPairsConfig& config, const LabelSpec& labels) {
  if (labels.task != Task::kMulticlass) throw ConfigError("cityscapes_pairs: is for task multiclass");
  PictureSetConfig pictures;
  pictures.color = "rgb";
  pictures.skip_unreadable = config.skip_unreadable;
  Problems problems(labels.keep_going);
  std::vector<PictureScene> pairs = find_pairs(config.root, problems);
  return make_picture_set(std::move(pairs), std::make_unique<PairContent>(config, labels), pictures,
                          std::move(problems));
}

}  // namespace nadir
