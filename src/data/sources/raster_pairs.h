// Images and label masks as rasters: GeoTIFFs with georeference, or plain PNG and JPEG files.
#pragma once

#include "data/sources/image_set.h"
#include "data/sources/mask_reader.h"
#include "data/sources/masked_copy.h"
#include "nadir/data.h"

namespace nadir {

struct RasterPairsConfig {
  std::vector<std::string> images;  // files or patterns (scenes/*.tif)
  std::vector<std::string> masks;   // in the images' order; none: no labels
  ImageConfig image;                // its fields stand beside these
  MaskConfig mask;                  // these too
  MaskedCopyConfig copy;            // and these, for labels: masked_copy
  // study003: image and masked copy are resized bilinearly, both, and scaled column by column
  // (column_scaling.h); a pixel is labelled where the copy's first band is the least of its column.
  std::string flavour = "none";
  void fields(FieldVisitor& visit);
  void validate() const;
};

// An image's pixels that have nodata are not valid, and their target is ignore. Throws DataError for files
// that are missing, unpaired or do not fit each other (size, CRS, grid, bands, pixel type), ConfigError for
// bands that the images do not have.
std::shared_ptr<Source> make_raster_pairs(const RasterPairsConfig& config, const LabelSpec& labels);

// The same for pairs that are found already: masks[i] is images[i]'s, parts[i] the publisher's part of both
// (or parts is empty).
struct RasterPairFiles {
  std::vector<std::string> images, masks, parts;
};
std::shared_ptr<Source> make_raster_pairs(const RasterPairFiles& files, const RasterPairsConfig& config,
                                          const LabelSpec& labels);

}  // namespace nadir
