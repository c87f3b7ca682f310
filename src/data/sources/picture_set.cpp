#include "data/sources/picture_set.h"

#include "core/text.h"
#include "data/pixel_moves.h"
#include "data/pixel_types.h"
#include "data/sources/scene_files.h"
#include "pictures/resample.h"
#include "pictures/resize_picture.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCacheBytes = std::size_t{256} << 20;  // of whole scenes that are read by windows
constexpr std::size_t kNamed = 5;                            // files in a remark, at most

PictureColor color_of(const PictureSetConfig& config) {
  return config.color == "rgb"    ? PictureColor::kRgb
         : config.color == "gray" ? PictureColor::kGray
                                  : PictureColor::kStored;
}

// uint16 has few operators; its bits move as those of int16.
torch::Tensor planes_of(const torch::Tensor& pixels) {
  return move_pixels(pixels, [](const torch::Tensor& each) { return each.permute({2, 0, 1}).contiguous(); });
}

std::vector<std::string> names_of_bands(std::int64_t channels) {
  if (channels == 1) return {"gray"};
  if (channels == 2) return {"gray", "alpha"};
  if (channels == 3) return {"red", "green", "blue"};
  return {"red", "green", "blue", "alpha"};
}

std::int64_t channels_of(const PictureInfo& info, const PictureSetConfig& config) {
  if (config.color == "stored") return info.channels;
  return config.color == "rgb" ? 3 : 1;
}

std::size_t bytes_of(const Sample& sample) {
  return sample.image.nbytes() + (sample.target.defined() ? sample.target.nbytes() : 0);
}

// Whole scenes that windows were cut from, the last used first.
class SceneCache {
 public:
  std::optional<Sample> find(std::int64_t scene) {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(kept_.begin(), kept_.end(), [&](const auto& each) { return each.first == scene; });
    if (found == kept_.end()) return std::nullopt;
    kept_.splice(kept_.begin(), kept_, found);
    return kept_.front().second;
  }
  void keep(std::int64_t scene, const Sample& sample) {
    const std::lock_guard lock(mutex_);
    kept_.emplace_front(scene, sample);
    bytes_ += bytes_of(sample);
    while (bytes_ > kCacheBytes && kept_.size() > 1) {
      bytes_ -= bytes_of(kept_.back().second);
      kept_.pop_back();
    }
  }

 private:
  std::mutex mutex_;
  std::list<std::pair<std::int64_t, Sample>> kept_;
  std::size_t bytes_ = 0;
};

class PictureSet final : public Source {
 public:
  PictureSet(std::vector<PictureScene> pictures, std::unique_ptr<PictureContent> content,
             const PictureSetConfig& config, Problems problems)
      : content_(std::move(content)), config_(config), problems_(std::move(problems)) {
    std::vector<std::string> paths;
    for (const PictureScene& each : pictures) paths.push_back(each.image);
    const std::vector<std::string> ids = scene_ids(paths);
    std::vector<std::string> skipped;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      PictureScene& picture = pictures[i];
      if (picture.id.empty()) picture.id = ids[i];
      const std::string fault = config.skip_unreadable ? decoding_fault(picture) : "";
      if (!fault.empty()) {
        skipped.push_back(fault);
      } else {
        problems_.guard([&] { add(picture); });
      }
    }
    if (!skipped.empty()) remember_skipped(skipped, pictures.size());
    if (scenes_.empty())
      problems_.add("there is no picture that can be read" + (skipped.empty() ? "" : "; " + remarks_[0]));
    if (scenes_.empty()) bands_ = names_of_bands(config.color == "gray" ? 1 : 3);
  }

  const std::vector<Scene>& scenes() const override { return scenes_; }
  const std::vector<std::string>& band_names() const override { return bands_; }
  std::vector<std::string> remarks() const override { return remarks_; }
  std::vector<std::string> problems() const override { return problems_.list(); }
  std::vector<bool> classes_in(std::int64_t scene) const override {
    return content_->classes_in(pictures_.at(static_cast<std::size_t>(scene)));
  }

  std::vector<std::string> files(std::int64_t scene) const override {
    const PictureScene& picture = pictures_.at(static_cast<std::size_t>(scene));
    std::vector<std::string> files = content_->files(picture);
    if (!picture.labels.empty()) files.push_back(picture.labels);
    return files;
  }

  Sample read(std::int64_t scene, const Window& window) const override {
    const Scene& about = scenes_.at(static_cast<std::size_t>(scene));
    const bool whole = window == Window{0, 0, about.height, about.width};
    Sample sample = whole ? load(scene) : cut(whole_scene(scene), window);
    sample.id = whole ? about.id : about.id + "[" + to_string(window) + "]";
    return sample;
  }

  torch::Tensor read_target(std::int64_t scene, const Window& window) const override {
    const Scene& about = scenes_.at(static_cast<std::size_t>(scene));
    if (std::optional<Sample> kept = cache_.find(scene)) return cut(*kept, window).target;
    const torch::Tensor target =
        content_->load_target(pictures_[static_cast<std::size_t>(scene)], {about.height, about.width});
    return cut({.image = {}, .target = target, .valid = {}, .id = {}}, window).target;
  }

 private:
  static Sample cut(const Sample& sample, const Window& window) {
    return move_sample(sample, [&](const torch::Tensor& pixels) {
      return pixels.narrow(-2, window.row, window.height)
          .narrow(-1, window.column, window.width)
          .contiguous();
    });
  }

  Sample load(std::int64_t scene) const {
    const Scene& about = scenes_[static_cast<std::size_t>(scene)];
    Sample sample = content_->load(pictures_[static_cast<std::size_t>(scene)], config_);
    const bool fits = sample.image.size(0) == about.bands && sample.image.size(1) == about.height &&
                      sample.image.size(2) == about.width;
    if (!fits) throw DataError(about.path + ": has changed since the source was opened");
    return sample;
  }

  Sample whole_scene(std::int64_t scene) const {
    if (std::optional<Sample> kept = cache_.find(scene)) return *kept;
    Sample sample = load(scene);
    cache_.keep(scene, sample);
    return sample;
  }

  void add(PictureScene picture) {
    if (!picture.info) picture.info = read_picture_info(picture.image);
    const PictureInfo& info = *picture.info;
    const std::int64_t channels = channels_of(info, config_);
    if (info.type != torch::kUInt8 && !config_.size.empty() && config_.resize != "nearest") {
      throw DataError(
          picture.image +
          ": has 16 bits a channel, and size resizes pictures of 8 bits; leave size out, or resize "
          "with nearest");
    }
    check_alike(info, channels);
    const PictureSize size = content_->final_size(picture, config_);
    scenes_.push_back({.id = picture.id,
                       .path = picture.image,
                       .height = size.height,
                       .width = size.width,
                       .bands = channels,
                       .resolution = std::nullopt,
                       .part = picture.part});
    pictures_.push_back(std::move(picture));
  }

  void check_alike(const PictureInfo& info, std::int64_t channels) {
    if (scenes_.empty()) {
      type_ = info.type;
      bands_ = names_of_bands(channels);
      return;
    }
    const std::string both = scenes_[0].path + " and " + info.path;
    if (channels != scenes_[0].bands) {
      throw DataError(both + ": images of one source have the same bands; found " +
                      std::to_string(scenes_[0].bands) + " and " + std::to_string(channels) +
                      ". Set color to rgb or gray");
    }
    if (info.type != type_) {
      throw DataError(both + ": images of one source have the same pixel type; found " +
                      pixel_type_name(type_) + " and " + pixel_type_name(info.type));
    }
  }

  // Why a scene's files cannot be decoded, or "".
  std::string decoding_fault(const PictureScene& picture) const {
    try {
      // The smallest fraction shows damage as well as the full size does.
      for (const std::string& file : content_->files(picture))
        read_picture(file, {.least_height = 1, .least_width = 1});
      return "";
    } catch (const DataError& error) {
      return error.what();
    }
  }

  void remember_skipped(std::vector<std::string> faults, std::size_t of) {
    const std::size_t count = faults.size();
    if (count > kNamed) {
      faults.resize(kNamed);
      faults.push_back(with_thousands(static_cast<std::int64_t>(count - kNamed)) + " more");
    }
    remarks_.push_back("skipped " + std::to_string(count) + " of " +
                       counted(static_cast<std::int64_t>(of), "picture") +
                       " that cannot be read: " + join_words(faults));
  }

  std::unique_ptr<PictureContent> content_;
  PictureSetConfig config_;
  Problems problems_;
  std::vector<std::string> remarks_;
  std::vector<Scene> scenes_;
  std::vector<PictureScene> pictures_;
  std::vector<std::string> bands_;
  torch::ScalarType type_ = torch::kUInt8;
  mutable SceneCache cache_;
};

}  // namespace

void PictureSetConfig::fields(FieldVisitor& visit) {
  visit.field("size", size, at_least(1));
  visit.field("resize", resize, {"box", "bilinear", "bicubic", "lanczos", "opencv", "nearest"});
  visit.field("color", color, {"stored", "rgb", "gray"});
  visit.field("scaled_decode", scaled_decode);
  visit.field("skip_unreadable", skip_unreadable);
}

void PictureSetConfig::validate() const {
  if (!size.empty() && size.size() != 2) {
    throw ConfigError("size: height and width, for example size: [256, 384]; found " +
                      counted(static_cast<std::int64_t>(size.size()), "number"));
  }
  if (scaled_decode && size.empty())
    throw ConfigError("scaled_decode: needs size, which says how small pictures may be decoded");
}

torch::Tensor load_image(const std::string& file, const PictureSetConfig& config) {
  PictureOptions options{.color = color_of(config)};
  if (config.scaled_decode) {
    options.least_height = config.size[0];
    options.least_width = config.size[1];
  }
  const Picture picture = read_picture(file, options);
  return config.size.empty() ? planes_of(picture.pixels)
                             : resize_picture(picture.pixels, config.size[0], config.size[1], config.resize);
}

Sample PictureContent::load(const PictureScene& scene, const PictureSetConfig& config) const {
  Sample sample;
  sample.image = load_image(scene.image, config);
  sample.target = load_target(scene, {sample.image.size(1), sample.image.size(2)});
  return sample;
}

std::vector<bool> PictureContent::classes_in(const PictureScene&) const { return {}; }

PictureSize PictureContent::final_size(const PictureScene& scene, const PictureSetConfig& config) const {
  if (!config.size.empty()) return {config.size[0], config.size[1]};
  return {scene.info->height, scene.info->width};
}

std::shared_ptr<Source> make_picture_set(std::vector<PictureScene> scenes,
                                         std::unique_ptr<PictureContent> content,
                                         const PictureSetConfig& config, Problems problems) {
  return std::make_shared<PictureSet>(std::move(scenes), std::move(content), config, std::move(problems));
}

std::vector<std::string> pictures_in(const std::string& folder, bool deep) {
  if (!fs::is_directory(folder)) throw DataError(folder + ": there is no such folder");
  std::vector<std::string> files;
  const auto take = [&](const fs::directory_entry& entry) {
    if (entry.is_regular_file() && is_picture(entry.path())) files.push_back(entry.path().string());
  };
  if (deep) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) take(entry);
  } else {
    for (const auto& entry : fs::directory_iterator(folder)) take(entry);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string no_pictures(const std::string& folder, const std::string& expected) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    found.push_back(entry.path().filename().string() + (entry.is_directory() ? "/" : ""));
  }
  std::sort(found.begin(), found.end());
  if (found.size() > kNamed) {
    const auto more = static_cast<std::int64_t>(found.size() - kNamed);
    found.resize(kNamed);
    found.push_back(with_thousands(more) + " more");
  }
  return folder + ": has no pictures; expected " + expected + ", found " +
         (found.empty() ? "nothing" : join_words(found));
}

}  // namespace nadir
