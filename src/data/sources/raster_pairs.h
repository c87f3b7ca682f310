// Images and label masks as rasters: GeoTIFFs with georeference, or plain PNG and JPEG files.
#pragma once

#include "data/sources/mask_reader.h"
#include "nadir/data.h"

namespace nadir {

struct RasterPairsConfig {
  std::vector<std::string> images;  // files or patterns (scenes/*.tif)
  std::vector<std::string> masks;   // in the images' order; none: no labels
  std::vector<std::int64_t> bands;  // numbers, from 1, in the order that the network sees; none: all
  MaskConfig mask;                  // its fields stand beside these
  void fields(FieldVisitor& visit);
  void validate() const;
};

// An image's pixels that have nodata are not valid, and their target is ignore. Throws DataError for files
// that are missing, unpaired or do not fit each other (size, CRS, grid, bands, pixel type), ConfigError for
// bands that the images do not have.
std::shared_ptr<Source> make_raster_pairs(const RasterPairsConfig& config, const LabelSpec& labels);

}  // namespace nadir
