#include "data/sources/raster_pairs.h"

#include "core/text.h"
#include "data/pixel_types.h"
#include "data/sources/pair_check.h"
#include "data/sources/reader_pool.h"
#include "data/sources/scene_files.h"
#include "raster/cell_area.h"

namespace nadir {
namespace {

std::vector<std::int64_t> all_bands(const RasterInfo& info) {
  std::vector<std::int64_t> bands;
  for (std::size_t i = 0; i < info.bands.size(); ++i) bands.push_back(static_cast<std::int64_t>(i) + 1);
  return bands;
}

// What all images of a source have in common.
struct PixelLayout {
  std::string path;                 // of the first image
  std::vector<std::int64_t> bands;  // numbers, from 1
  std::vector<std::string> names;
  torch::ScalarType type = torch::kUInt8;
};

PixelLayout layout_of(const RasterInfo& info, const std::vector<std::int64_t>& bands) {
  PixelLayout layout{
      .path = info.path, .bands = bands.empty() ? all_bands(info) : bands, .names = {}, .type = info.type};
  const auto count = static_cast<std::int64_t>(info.bands.size());
  for (const std::int64_t band : layout.bands) {
    if (band > count) {
      throw ConfigError("bands: there is no band " + std::to_string(band) + " in " + info.path +
                        ", which has " + counted(count, "band"));
    }
    layout.names.push_back(info.bands[static_cast<std::size_t>(band - 1)].name);
  }
  return layout;
}

void check_alike(const PixelLayout& first, const PixelLayout& other) {
  const std::string both = first.path + " and " + other.path;
  if (first.bands.size() != other.bands.size()) {
    throw DataError(both + ": images of one source have the same bands; found " +
                    std::to_string(first.bands.size()) + " and " + std::to_string(other.bands.size()) +
                    ". Choose common ones with bands");
  }
  if (first.type != other.type) {
    throw DataError(both + ": images of one source have the same pixel type; found " +
                    pixel_type_name(first.type) + " and " + pixel_type_name(other.type));
  }
}

// Side of the pixel in the middle, metres.
std::optional<double> ground_resolution(const RasterInfo& info) {
  const std::optional<CellArea> area = CellArea::of(info.geo);
  if (!area) return std::nullopt;
  return std::sqrt(area->of_run(info.height / 2, info.width / 2, info.width / 2 + 1));
}

class RasterPairs final : public Source {
 public:
  RasterPairs(const RasterPairsConfig& config, const LabelSpec& labels)
      : masks_(find_files(config.masks, "masks")), mask_reader_(config.mask, labels) {
    const std::vector<std::string> images = find_files(config.images, "images");
    if (!masks_.empty()) {
      const bool patterns = std::any_of(config.images.begin(), config.images.end(), is_pattern) &&
                            std::any_of(config.masks.begin(), config.masks.end(), is_pattern);
      check_pairs(images, masks_, patterns);
    }
    const std::vector<std::string> ids = scene_ids(images);
    for (std::size_t i = 0; i < images.size(); ++i) add_scene(ids[i], images[i], config.bands);
  }

  const std::vector<Scene>& scenes() const override { return scenes_; }
  const std::vector<std::string>& band_names() const override { return layout_.names; }
  std::vector<std::int64_t> band_numbers() const override { return layout_.bands; }
  std::vector<std::string> files(std::int64_t scene) const override {
    std::vector<std::string> paths = Source::files(scene);
    if (!masks_.empty()) paths.push_back(masks_.at(static_cast<std::size_t>(scene)));
    return paths;
  }

  Sample read(std::int64_t scene, const Window& window) const override {
    const Scene& which = scenes_.at(static_cast<std::size_t>(scene));
    Sample sample;
    sample.id = which.id + "[" + to_string(window) + "]";
    const ReaderPool::Lease image = readers_.take(which.path);
    sample.image = image->read(window, layout_.bands);
    sample.valid = image->read_valid(window, layout_.bands);
    sample.target = target(scene, window, sample.valid);
    return sample;
  }

  torch::Tensor read_target(std::int64_t scene, const Window& window) const override {
    const ReaderPool::Lease image = readers_.take(scenes_.at(static_cast<std::size_t>(scene)).path);
    return target(scene, window, image->read_valid(window, layout_.bands));
  }

 private:
  void add_scene(const std::string& id, const std::string& path, const std::vector<std::int64_t>& bands) {
    const ReaderPool::Lease image = readers_.take(path);
    const RasterInfo& info = image->info();
    PixelLayout layout = layout_of(info, bands);
    if (!masks_.empty()) {
      const ReaderPool::Lease mask = readers_.take(masks_[scenes_.size()]);
      check_pair(info, mask->info());
      mask_reader_.check(mask->info());
    }
    const auto count = static_cast<std::int64_t>(layout.bands.size());
    if (scenes_.empty()) {
      layout_ = std::move(layout);
    } else {
      check_alike(layout_, layout);
    }
    scenes_.push_back({.id = id,
                       .path = path,
                       .height = info.height,
                       .width = info.width,
                       .bands = count,
                       .resolution = ground_resolution(info)});
  }

  torch::Tensor target(std::int64_t scene, const Window& window, const torch::Tensor& valid) const {
    if (masks_.empty()) return {};
    const ReaderPool::Lease mask = readers_.take(masks_[static_cast<std::size_t>(scene)]);
    torch::Tensor labels = mask_reader_.read(*mask, window);
    if (valid.defined()) labels.masked_fill_(valid.logical_not(), kIgnore);
    return labels;
  }

  std::vector<std::string> masks_;  // of each scene; empty: no labels
  MaskReader mask_reader_;
  std::vector<Scene> scenes_;
  PixelLayout layout_;
  mutable ReaderPool readers_;
};

}  // namespace

void RasterPairsConfig::fields(FieldVisitor& visit) {
  visit.paths("images", images);
  visit.paths("masks", masks);
  visit.field("bands", bands, at_least(1));
  mask.fields(visit);
}

void RasterPairsConfig::validate() const {
  if (images.empty()) throw ConfigError("'images' is missing; for example images: scenes/*.tif");
}

std::shared_ptr<Source> make_raster_pairs(const RasterPairsConfig& config, const LabelSpec& labels) {
  return std::make_shared<RasterPairs>(config, labels);
}

}  // namespace nadir
