// What is mapped, opened: files on one grid, the bands that the network wants, the part of the raster.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "raster/area_mask.h"
#include "raster/resampled_view.h"

namespace nadir {

class RasterSource {
 public:
  // Throws ModelError when the bands don't fit the model, DataError for files, ConfigError for areas.
  RasterSource(const PredictInput& input, const ModelCard& card, ProgressObserver& observer);

  const RasterInfo& info() const { return rasters_.front().reader->info(); }  // of the whole first raster
  const Window& area() const { return area_; }                                // what is mapped of it
  GeoReference geo() const;                                                   // of the area
  at::ScalarType type() const;  // of the pixels that read() gives
  std::int64_t bands() const;

  // The whole raster; valid while this lives.
  PixelSource pixels();
  std::int64_t unreadable_blocks() const { return unreadable_; }

 private:
  struct Raster {
    std::unique_ptr<ResampledView> view;  // null: read as it is
    std::unique_ptr<RasterReader> reader;
    std::vector<std::int64_t> bands;  // to read
  };
  void open(const PredictInput& input, const ModelCard& card);
  void check_grids() const;
  void choose_bands(const PredictInput& input, const ModelCard& card);
  std::int64_t band_number(const std::string& name) const;
  std::vector<std::string> band_names() const;
  void choose_area(const PredictInput& input);
  PixelSource::Pixels read(const Window& window);
  RasterReader::Pixels read_part(const Raster& raster, const Window& window);
  RasterReader::Pixels read_blocks(const Raster& raster, const Window& window);

  std::vector<Raster> rasters_;
  Window area_;
  std::unique_ptr<AreaMask> aoi_;
  bool skip_unreadable_;
  std::int64_t unreadable_ = 0;
};

}  // namespace nadir
