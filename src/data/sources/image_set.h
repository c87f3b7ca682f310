// The images of a source that reads rasters: scenes, bands, and windows of them at the size that was asked
// for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/sources/reader_pool.h"
#include "nadir/data.h"
#include "nadir/raster.h"
#include "raster/resample.h"

namespace nadir {

struct ImageConfig {
  std::vector<std::int64_t> bands;      // numbers, from 1, in the order that the network sees; none: all
  std::optional<double> resolution;     // metres a pixel: every scene is resampled to it; none: as they are
  std::int64_t resize_to_multiple = 1;  // sides are resampled down to whole multiples of it
  std::string resampling = "bilinear";  // of images: bilinear, lanczos4, nearest; labels are always nearest
  void fields(FieldVisitor& visit);
};

class ImageSet {
 public:
  // Throws DataError for files that are missing, no rasters, or unlike each other in bands or pixel type, and
  // ConfigError for bands that they do not have and a resolution that they cannot be brought to.
  ImageSet(const std::vector<std::string>& files, ImageConfig config);

  const std::vector<Scene>& scenes() const { return scenes_; }
  const std::vector<std::string>& band_names() const { return names_; }
  const std::vector<std::int64_t>& band_numbers() const { return bands_; }
  void set_part(std::size_t scene, std::string part) { scenes_.at(scene).part = std::move(part); }

  // Image, valid mask and id; no target. Thread-safe, as all that follows.
  Sample read(std::int64_t scene, const Window& window) const;
  torch::Tensor read_valid(std::int64_t scene, const Window& window) const;
  // How the scene's own pixels become the ones that are read.
  const ResizedGrid& grid(std::int64_t scene) const { return grids_.at(static_cast<std::size_t>(scene)); }
  // Where the resampled scene lies.
  GeoReference georeference(std::int64_t scene) const;
  ReaderPool& readers() const { return readers_; }

 private:
  void add(const std::string& id, const std::string& path);
  ResizedGrid grid_of(const RasterInfo& info, std::optional<double> resolution) const;
  const Scene& scene_at(std::int64_t scene) const { return scenes_.at(static_cast<std::size_t>(scene)); }

  ImageConfig config_;
  Resampling method_;
  std::vector<Scene> scenes_;
  std::vector<ResizedGrid> grids_;
  std::vector<std::int64_t> bands_;
  std::vector<std::string> names_;
  torch::ScalarType type_ = torch::kUInt8;
  mutable ReaderPool readers_;
};

}  // namespace nadir
