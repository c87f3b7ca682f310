#include "data/sources/image_set.h"

#include "core/text.h"
#include "data/pixel_types.h"
#include "data/sources/scene_files.h"
#include "raster/cell_area.h"

namespace nadir {
namespace {

std::vector<std::int64_t> chosen_bands(const RasterInfo& info, const std::vector<std::int64_t>& wanted) {
  const auto count = static_cast<std::int64_t>(info.bands.size());
  for (const std::int64_t band : wanted) {
    if (band <= count) continue;
    throw ConfigError("bands: there is no band " + std::to_string(band) + " in " + info.path +
                      ", which has " + counted(count, "band"));
  }
  if (!wanted.empty()) return wanted;
  std::vector<std::int64_t> all;
  for (std::int64_t band = 1; band <= count; ++band) all.push_back(band);
  return all;
}

// Side of the pixel in the middle, metres.
std::optional<double> ground_resolution(const RasterInfo& info) {
  const std::optional<CellArea> area = CellArea::of(info.geo);
  if (!area) return std::nullopt;
  return std::sqrt(area->of_run(info.height / 2, info.width / 2, info.width / 2 + 1));
}

std::int64_t whole_multiple(std::int64_t size, std::int64_t multiple, const std::string& path) {
  if (size >= multiple) return size / multiple * multiple;
  throw ConfigError("resize_to_multiple: " + path + " has a side of " + counted(size, "pixel") +
                    ", less than " + std::to_string(multiple) + "; lower it, or leave the image out");
}

}  // namespace

void ImageConfig::fields(FieldVisitor& visit) {
  visit.field("bands", bands, at_least(1));
  visit.field("resolution", resolution, above(0));
  visit.field("resize_to_multiple", resize_to_multiple, at_least(1));
  visit.field("resampling", resampling, {"bilinear", "lanczos4", "nearest"});
}

ImageSet::ImageSet(const std::vector<std::string>& files, ImageConfig config)
    : config_(std::move(config)), method_(parse_resampling(config_.resampling)) {
  const std::vector<std::string> ids = scene_ids(files);
  for (std::size_t i = 0; i < files.size(); ++i) add(ids[i], files[i]);
}

void ImageSet::add(const std::string& id, const std::string& path) {
  const ReaderPool::Lease image = readers_.take(path);
  const RasterInfo& info = image->info();
  const std::vector<std::int64_t> bands = chosen_bands(info, config_.bands);
  if (scenes_.empty()) {
    bands_ = bands;
    type_ = info.type;
    for (const std::int64_t band : bands)
      names_.push_back(info.bands[static_cast<std::size_t>(band - 1)].name);
  }
  const auto both = [&] { return scenes_[0].path + " and " + path; };
  if (bands_.size() != bands.size()) {
    throw DataError(both() + ": images of one source have the same bands; found " +
                    std::to_string(bands_.size()) + " and " + std::to_string(bands.size()) +
                    ". Choose common ones with bands");
  }
  if (type_ != info.type) {
    throw DataError(both() + ": images of one source have the same pixel type; found " +
                    pixel_type_name(type_) + " and " + pixel_type_name(info.type));
  }
  const std::optional<double> resolution = ground_resolution(info);
  grids_.push_back(grid_of(info, resolution));
  const ResizedGrid& grid = grids_.back();
  Scene scene{.id = id,
              .path = path,
              .height = grid.height(),
              .width = grid.width(),
              .bands = static_cast<std::int64_t>(bands.size()),
              .resolution = resolution};
  if (resolution) {
    const double shrunk =
        static_cast<double>(info.height * info.width) / static_cast<double>(grid.height() * grid.width());
    scene.resolution = *resolution * std::sqrt(shrunk);
  }
  scene.crs = info.geo.crs;
  scene.transform = grid.scaled(info.geo).transform;
  scenes_.push_back(std::move(scene));
}

ResizedGrid ImageSet::grid_of(const RasterInfo& info, std::optional<double> resolution) const {
  double factor = 1;
  if (config_.resolution) {
    if (!resolution) {
      throw ConfigError("resolution: " + info.path +
                        " has no CRS or no transform, so that nobody knows how large its pixels are; "
                        "georeference it, or leave resolution out");
    }
    factor = *resolution / *config_.resolution;
  }
  const auto side = [&](std::int64_t size) {
    const auto scaled = std::max<std::int64_t>(1, std::llround(static_cast<double>(size) * factor));
    return whole_multiple(scaled, config_.resize_to_multiple, info.path);
  };
  return {info.height, info.width, side(info.height), side(info.width)};
}

Sample ImageSet::read(std::int64_t scene, const Window& window) const {
  const Scene& which = scene_at(scene);
  const Window from = grid(scene).source(window, method_);
  const ReaderPool::Lease image = readers_.take(which.path);
  const torch::Tensor valid = image->read_valid(from, bands_);
  Sample sample;
  sample.id = which.id + "[" + to_string(window) + "]";
  sample.image = grid(scene).resample(image->read(from, bands_), valid, from, window, method_);
  sample.valid = grid(scene).resample_valid(valid, from, window);
  return sample;
}

torch::Tensor ImageSet::read_valid(std::int64_t scene, const Window& window) const {
  const Window from = grid(scene).source(window, Resampling::kNearest);
  const ReaderPool::Lease image = readers_.take(scene_at(scene).path);
  return grid(scene).resample_valid(image->read_valid(from, bands_), from, window);
}

GeoReference ImageSet::georeference(std::int64_t scene) const {
  const ReaderPool::Lease image = readers_.take(scene_at(scene).path);
  return grid(scene).scaled(image->info().geo);
}

}  // namespace nadir
