#include "data/sources/raster_vectors.h"

#include <mutex>

#include "core/text.h"
#include "data/sources/scene_files.h"
#include "raster/vector_layer.h"

namespace nadir {
namespace {

constexpr auto kIgnoredByte = static_cast<std::uint8_t>(kIgnore);
constexpr std::uint8_t kInside = 1;

// Open layers of one file, one for each thread that asks at a time.
class LayerPool {
 public:
  explicit LayerPool(VectorLayerOptions options) : options_(std::move(options)) {}

  at::Tensor burn(const GeoReference& geo, const Window& window, std::uint8_t background, int only = -1) {
    std::unique_ptr<VectorLayer> layer = take();
    at::Tensor labels = layer->burn(geo, window, background, only);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(layer));
    return labels;
  }
  // Looks at every feature.
  void check() { VectorLayer(options_).check(); }

 private:
  std::unique_ptr<VectorLayer> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<VectorLayer> layer = std::move(idle_.back());
        idle_.pop_back();
        return layer;
      }
    }
    return std::make_unique<VectorLayer>(options_);
  }

  VectorLayerOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<VectorLayer>> idle_;
};

std::uint8_t class_index(const std::string& key, const std::string& name, const LabelSpec& labels) {
  const std::vector<std::string> names = class_names(labels.classes);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return static_cast<std::uint8_t>(found - names.begin());
  throw ConfigError(key + ": there is no class '" + name + "'; classes are " + join_words(names));
}

VectorLayerOptions layer_options(const RasterVectorsConfig& config, const LabelSpec& labels,
                                 const std::string& path) {
  VectorLayerOptions options{.path = path,
                             .layer = config.layer,
                             .attribute = config.attribute,
                             .labels = {},
                             .all = static_cast<std::uint8_t>(labels.classes.size() - 1),
                             .crs = config.polygons_crs,
                             .all_touched = config.all_touched,
                             .repair = config.repair};
  if (config.attribute.empty()) {
    if (!config.polygon_class.empty())
      options.all = class_index("polygon_class", config.polygon_class, labels);
    return options;
  }
  for (std::size_t i = 0; i < labels.classes.size(); ++i) {
    options.labels[std::to_string(labels.classes[i].value)] = static_cast<std::uint8_t>(i);
  }
  // Names go before numbers.
  for (std::size_t i = 0; i < labels.classes.size(); ++i)
    options.labels[labels.classes[i].name] = static_cast<std::uint8_t>(i);
  for (const std::string& value : config.ignore_attributes) {
    if (!options.labels.emplace(value, kIgnoredByte).second) {
      throw ConfigError("ignore_attributes: '" + value + "' is a class, or comes twice");
    }
  }
  return options;
}

class RasterVectors final : public Source {
 public:
  RasterVectors(const RasterVectorsConfig& config, const LabelSpec& labels)
      : labels_(labels), images_(find_files(config.images, "images"), config.image), area_file_(config.area) {
    if (labels_images(labels.task)) {
      throw ConfigError(
          "raster_vectors: polygons label pixels; use task multiclass or multilabel, or data.labels: {from: "
          "masks}");
    }
    background_ = config.background == "ignore" ? kIgnoredByte
                  : config.background.empty()   ? std::uint8_t{0}
                                                : class_index("background", config.background, labels);
    check_georeference();
    open_polygons(config, labels);
    if (config.area.empty()) return;
    area_ = std::make_unique<LayerPool>(VectorLayerOptions{.path = config.area,
                                                           .layer = config.area_layer,
                                                           .attribute = "",
                                                           .labels = {},
                                                           .all = kInside,
                                                           .crs = config.polygons_crs,
                                                           .all_touched = false,
                                                           .repair = config.repair});
    area_->check();
  }

  const std::vector<Scene>& scenes() const override { return images_.scenes(); }
  const std::vector<std::string>& band_names() const override { return images_.band_names(); }
  std::vector<std::int64_t> band_numbers() const override { return images_.band_numbers(); }

  std::vector<std::string> files(std::int64_t scene) const override {
    std::vector<std::string> paths = Source::files(scene);
    paths.push_back(polygon_files_[polygon_files_.size() == 1 ? 0 : static_cast<std::size_t>(scene)]);
    if (!area_file_.empty()) paths.push_back(area_file_);
    return paths;
  }

  Sample read(std::int64_t scene, const Window& window) const override {
    Sample sample = images_.read(scene, window);
    sample.target = target(scene, window, sample.valid);
    return sample;
  }
  torch::Tensor read_target(std::int64_t scene, const Window& window) const override {
    return target(scene, window, images_.read_valid(scene, window));
  }

 private:
  void check_georeference() const {
    for (const Scene& scene : scenes()) {
      if (!scene.crs.empty() && scene.transform) continue;
      throw DataError(scene.path + ": has no " + (scene.crs.empty() ? "CRS" : "transform") +
                      ", so that polygons have no place on it; georeference it, or use label rasters");
    }
  }

  void open_polygons(const RasterVectorsConfig& config, const LabelSpec& labels) {
    const bool one = config.polygons.size() == 1 && !is_pattern(config.polygons[0]);
    const std::vector<std::string> files = one ? config.polygons : find_files(config.polygons, "polygons");
    if (files.size() > 1) check_pairs(image_paths(), files, true);
    polygon_files_ = files;
    for (const std::string& file : files) {
      pools_.push_back(std::make_unique<LayerPool>(layer_options(config, labels, file)));
      pools_.back()->check();
    }
  }
  std::vector<std::string> image_paths() const {
    std::vector<std::string> paths;
    for (const Scene& scene : scenes()) paths.push_back(scene.path);
    return paths;
  }

  torch::Tensor target(std::int64_t scene, const Window& window, const torch::Tensor& valid) const {
    const Scene& which = scenes().at(static_cast<std::size_t>(scene));
    GeoReference geo;
    geo.crs = which.crs;
    geo.transform = which.transform;
    LayerPool& pool = *pools_[pools_.size() == 1 ? 0 : static_cast<std::size_t>(scene)];
    torch::Tensor found =
        labels_.task == Task::kMultilabel ? planes(pool, geo, window) : pool.burn(geo, window, background_);
    if (area_) found.masked_fill_(area_->burn(geo, window, 0).eq(0), kIgnore);
    if (valid.defined()) found.masked_fill_(valid.logical_not(), kIgnore);
    return found;
  }

  torch::Tensor planes(LayerPool& pool, const GeoReference& geo, const Window& window) const {
    std::vector<torch::Tensor> found;
    for (std::size_t i = 0; i < labels_.classes.size(); ++i) {
      const torch::Tensor plane = pool.burn(geo, window, kIgnoredByte, static_cast<int>(i));
      found.push_back(plane.ne(kIgnore).to(torch::kUInt8));
    }
    return torch::stack(found).masked_fill_(pool.burn(geo, window, 0, kIgnoredByte).eq(kIgnoredByte),
                                            kIgnore);
  }

  LabelSpec labels_;
  ImageSet images_;
  std::vector<std::string> polygon_files_;
  std::string area_file_;
  std::uint8_t background_ = 0;
  std::vector<std::unique_ptr<LayerPool>> pools_;  // one, or one for each scene
  std::unique_ptr<LayerPool> area_;
};

}  // namespace

void RasterVectorsConfig::fields(FieldVisitor& visit) {
  visit.paths("images", images);
  visit.paths("polygons", polygons);
  visit.field("layer", layer);
  visit.field("attribute", attribute);
  visit.field("polygon_class", polygon_class);
  visit.field("background", background);
  visit.field("ignore_attributes", ignore_attributes);
  visit.field("all_touched", all_touched);
  visit.field("repair", repair);
  visit.field("polygons_crs", polygons_crs);
  visit.path("area", area);
  visit.field("area_layer", area_layer);
  image.fields(visit);
}

void RasterVectorsConfig::validate() const {
  if (images.empty()) throw ConfigError("'images' is missing; for example images: scenes/*.tif");
  if (polygons.empty()) throw ConfigError("'polygons' is missing; for example polygons: fields.gpkg");
  if (!attribute.empty() && !polygon_class.empty()) {
    throw ConfigError("polygon_class is the class of all polygons, and attribute tells them apart; set one");
  }
}

std::shared_ptr<Source> make_raster_vectors(const RasterVectorsConfig& config, const LabelSpec& labels) {
  return std::make_shared<RasterVectors>(config, labels);
}

}  // namespace nadir
